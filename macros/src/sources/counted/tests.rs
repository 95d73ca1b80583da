use super::*;
use std::fs;

/// Returns the sources of a crate whose root has this text.
fn read(root: &str) -> Counted {
    let package = tempfile::tempdir().expect("a temporary directory");
    fs::write(package.path().join("t.rs"), root).expect("written");
    Counted::read(package.path(), "t.rs").expect("readable")
}

fn code(root: &str) -> String {
    read(root).sources.remove(0).code.expect("Rust")
}

#[track_caller]
fn counts(one: &str, other: &str) {
    assert_ne!(code(one), code(other), "{one}");
}

#[track_caller]
fn does_not_count(one: &str, other: &str) {
    assert_eq!(code(one), code(other), "{one}");
}

#[test]
fn tests_and_comments_do_not_count() {
    for test in [
        "#[test] fn t() { 1 }",
        "#[cached_smoke(repo = \"one\")] #[ignore] pub async fn t(model: &Model) -> Result<()> { 1 }",
        "/// Documented.\n#[cfg_attr(not(miri), test)] #[should_panic] fn t() {}",
        "#[should_panic] #[allow(x)] #[tokio::test(flavor = \"y\")] async fn t() {}",
        "#[rstest] #[case(1)] fn t(#[case] x: u32) {}",
        "// A comment.",
    ] {
        does_not_count("fn helper() {}", &format!("{test}\nfn helper() {{}}\n{test}"));
        does_not_count("mod m { fn helper() {} }", &format!("mod m {{ fn helper() {{}} {test}\n}}"));
    }
    does_not_count("proptest! { fn h() {} }", "proptest! { fn h() {} #[test] fn t(x in 0..9) { x } }");
    does_not_count("quickcheck! {}", "quickcheck! { fn t(x: u32) -> bool { x } }");
}

#[test]
fn all_other_code_counts() {
    for (one, other) in [
        ("fn helper() { 1 }", "fn helper() { 2 }"),
        ("#[artifact] fn model() -> Model { 1 }", "#[artifact] fn model() -> Model { 2 }"),
        ("#[test] #[artifact] fn t() { 1 }", "#[test] #[artifact] fn t() { 2 }"),
        ("const A: u32 = 1;", "const A: u32 = 2;"),
        ("struct A;", "struct A();"),
        ("#[cfg(test)] mod tests { fn helper() { 1 } }", "#[cfg(test)] mod tests { fn helper() { 2 } }"),
        ("#[cfg(test)] mod tests {}", "mod tests {}"),
        ("macro_rules! m { () => { #[test] fn t() { 1 } } }", "macro_rules! m { () => { #[test] fn t() { 2 } } }"),
        ("other! { #[test] fn t() { 1 } }", "other! { #[test] fn t() { 2 } }"),
        ("impl A { #[test] fn t() { 1 } }", "impl A { #[test] fn t() { 2 } }"),
        ("#![allow(a)]", "#![allow(b)]"),
        ("use a::x;", "use b::x;"),
        ("mod a { const A: u8 = 1; }", "mod a {} const A: u8 = 1;"),
    ] {
        counts(one, other);
    }
}

#[test]
fn tests_with_far_reaching_bodies_count() {
    for body in [
        "impl A for B { 1 }",
        "#[macro_export] macro_rules! m { 1 }",
        "#[unsafe(no_mangle)] fn f() { 1 }",
        "#[artifact] fn f() { 1 }",
    ] {
        counts(&format!("#[test] fn t() {{ {body} }}"), &format!("#[test] fn t() {{ {} }}", body.replace('1', "2")));
    }
}

#[test]
fn tests_that_code_calls_count() {
    let calls = |caller: &str, test: &str| {
        counts(&format!("{caller} {test}"), &format!("{caller} {}", test.replace('1', "2")));
    };
    calls("fn helper() { t() }", "#[test] fn t() { 1 }");
    calls("fn helper() { tests::t() }", "mod tests { #[test] fn t() { 1 } }");
    calls("use tests::*; fn helper() { t() }", "mod tests { #[test] fn t() { 1 } }");
    calls("", "mod tests { fn helper() { t() } #[test] fn t() { 1 } }");
    calls("", "mod tests { mod deep { fn helper() { super::t() } } #[test] fn t() { 1 } }");
    // A test that a helper calls calls another one.
    calls("fn helper() { s() } #[test] fn s() { t() }", "#[test] fn t() { 1 }");
    calls("fn helper() { r#t() }", "#[test] fn t() { 1 }");
}

#[test]
fn a_test_may_have_the_name_of_a_function() {
    let with =
        |body: &str| format!("fn parse() {{ parse() }} mod tests {{ use super::*; #[test] fn parse() {{ {body} }} }}");
    does_not_count(&with("1"), &with("2"));
}

#[test]
fn macros_of_other_crates_may_declare_modules() {
    for open in ["automod::dir!(\"tests/x\");", "macro_rules! m { ($n:ident) => { mod $n; } } m!(a);", "fn ("] {
        assert!(read(open).is_open, "{open}");
    }
    for closed in [
        "macro_rules! m { ($n:ident) => { fn $n() {} } } m!(a);",
        "thread_local! { static A: u8 = 1; }",
        "fn f() { println!() }",
        "proptest! { #[test] fn t() { other!() } }",
    ] {
        assert!(!read(closed).is_open, "{closed}");
    }
}

#[test]
fn root_without_code_is_neutral() {
    let is_neutral = |root: &str, common: &str| {
        let package = tempfile::tempdir().expect("a temporary directory");
        fs::write(package.path().join("t.rs"), root).expect("written");
        fs::write(package.path().join("common.rs"), common).expect("written");
        Counted::read(package.path(), "t.rs").expect("readable").sources[0].is_neutral
    };
    let only_tests = "mod common;\nuse std::fs;\n#[test]\nfn t() { fs::read(\"x\"); }";
    assert!(is_neutral(only_tests, "pub fn model() {}"));
    assert!(!is_neutral(only_tests, "pub fn model() { crate::x() }"), "the module names an item of the root");
    assert!(!is_neutral(only_tests, "use super::fs;"));
    assert!(!is_neutral("mod common;\nfn helper() {}", "pub fn model() {}"));
    // A test that the module calls counts, so the root has code.
    assert!(!is_neutral(only_tests, "pub fn model() { t() }"));
    assert!(!is_neutral("#[test]\nfn t() {}", ""), "there is no module");
}
