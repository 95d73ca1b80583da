use super::workspace::Workspace;
use super::*;
use std::fs;

const INDEX: &[&str] = &["../index"];

#[test]
fn location_of_the_workspace_does_not_change_the_digest() {
    assert_eq!(Workspace::new().digest(INDEX), Workspace::new().digest(INDEX));
}

#[test]
fn creation_order_does_not_change_the_digest() {
    let one = Workspace::new();
    one.write("index/src/x.rs", "x");
    one.write("index/src/y.rs", "y");
    let other = Workspace::new();
    other.write("index/src/y.rs", "y");
    other.write("index/src/x.rs", "x");
    assert_eq!(one.digest(INDEX), other.digest(INDEX));
}

#[test]
fn order_of_names_does_not_change_the_digest() {
    let workspace = Workspace::new();
    assert_eq!(workspace.digest(&["../index", "src"]), workspace.digest(&["src", "../index"]));
    assert_ne!(workspace.digest(&["../index", "src"]), workspace.digest(INDEX));
}

#[test]
fn edited_new_renamed_and_removed_files_change_the_digest() {
    assert!(Workspace::changes_digest(|workspace| workspace.write("index/src/lib.rs", "// edited")));
    assert!(Workspace::changes_digest(|workspace| workspace.write("index/src/new.rs", "")));
    assert!(Workspace::changes_digest(|workspace| workspace.remove("index/src/deep/a.rs")));
    assert!(Workspace::changes_digest(|workspace| {
        let source = workspace.root().join("index/src/deep");
        fs::rename(source.join("a.rs"), source.join("b.rs")).expect("rename");
    }));
    assert!(!Workspace::changes_digest(|workspace| workspace.write("index/src/lib.rs", "// index")), "same content");
}

#[test]
fn content_moved_between_files_changes_the_digest() {
    let workspace = Workspace::new();
    workspace.write("index/src/a.rs", "ab");
    workspace.write("index/src/b.rs", "c");
    let before = workspace.digest(INDEX);
    workspace.write("index/src/a.rs", "a");
    workspace.write("index/src/b.rs", "bc");
    assert_ne!(before, workspace.digest(INDEX));
}

#[test]
fn dependencies_change_the_digest() {
    for package in ["shared-1", "deep-1", "original-2", "unix-only-1"] {
        assert!(Workspace::changes_digest(|workspace| workspace.replace("Cargo.lock", package, "bumped")), "{package}");
    }
}

#[test]
fn version_and_source_of_packages_change_the_digest() {
    let deep = "name = \"deep\"\nversion = \"1.0.0\"";
    assert!(Workspace::changes_digest(|workspace| workspace.replace(
        "Cargo.lock",
        deep,
        &deep.replace("1.0.0", "1.0.1")
    )));
    let source = deep.to_owned() + "\nsource = \"registry+https://example.com/index\"";
    assert!(Workspace::changes_digest(|workspace| workspace.replace(
        "Cargo.lock",
        &source,
        &source.replace("example.com", "example.org")
    )));
}

#[test]
fn unrelated_packages_do_not_change_the_digest() {
    for package in ["only-tests-1", "unrelated-1"] {
        assert!(
            !Workspace::changes_digest(|workspace| workspace.replace("Cargo.lock", package, "bumped")),
            "{package}"
        );
    }
    assert!(!Workspace::changes_digest(|workspace| workspace.write("unused/src/lib.rs", "// edited")));
    assert!(!Workspace::changes_digest(|workspace| workspace.write("app/src/lib.rs", "// edited")));
}

#[test]
fn path_dependencies_count_without_their_tests() {
    assert!(Workspace::changes_digest(|workspace| workspace.write("helper/src/lib.rs", "// edited")));
    assert!(Workspace::changes_digest(|workspace| workspace.write("builder/src/lib.rs", "// edited")));
    assert!(!Workspace::changes_digest(|workspace| workspace.write("helper/tests/t.rs", "// edited")));
}

#[test]
fn partly_named_path_dependencies_count_whole() {
    for order in [["../helper/src", "../index"], ["../index", "../helper/src"]] {
        let workspace = Workspace::new();
        let before = workspace.digest(&order);
        workspace.write("helper/build.rs", "fn main() {}");
        assert_ne!(before, workspace.digest(&order), "{order:?}");
    }
}

#[test]
fn inherited_declarations_change_the_digest() {
    assert!(Workspace::changes_digest(|workspace| workspace.replace("Cargo.toml", "[\"std\"]", "[\"std\", \"fast\"]")));
    assert!(!Workspace::changes_digest(|workspace| workspace.replace(
        "Cargo.toml",
        "unrelated = \"1\"",
        "unrelated = \"2\""
    )));
}

#[test]
fn manifests_of_named_subdirectories_count() {
    let workspace = Workspace::new();
    let before = workspace.digest(&["../index/src"]);
    workspace.replace("index/Cargo.toml", "version = \"2\"", "version = \"2.0\"");
    assert_ne!(before, workspace.digest(&["../index/src"]));
}

#[test]
fn unnamed_files_that_count_are_tracked() {
    assert_eq!(
        Workspace::new().tracked(INDEX),
        [
            "Cargo.lock",
            "Cargo.toml",
            "app/Cargo.toml",
            "builder/Cargo.toml",
            "builder/src/lib.rs",
            "helper/Cargo.toml",
            "helper/src/lib.rs",
            "index/Cargo.toml",
        ]
    );
}

#[test]
fn patched_packages_are_found() {
    let workspace = Workspace::new();
    workspace.replace("Cargo.lock", "source = \"registry+https://example.com/index\"\nchecksum = \"deep-1\"\n", "");
    let (_, errors) = workspace.fingerprint(INDEX);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("the path dependency `deep` of `shared`"), "{errors:?}");

    workspace.write("patched/Cargo.toml", "[package]\nname = 'deep'\nversion = '1.0.0'\n");
    workspace.write("patched/src/lib.rs", "// patched");
    let manifest = fs::read_to_string(workspace.root().join("Cargo.toml")).expect("manifest");
    workspace.write("Cargo.toml", &format!("{manifest}\n[patch.crates-io]\ndeep = {{ path = 'patched' }}\n"));
    let before = workspace.digest(INDEX);
    workspace.write("patched/src/lib.rs", "// edited");
    assert_ne!(before, workspace.digest(INDEX));
}

#[test]
fn only_named_files_count_without_a_lock_file() {
    let workspace = Workspace::new();
    workspace.remove("Cargo.lock");
    let before = workspace.digest(INDEX);
    workspace.write("helper/src/lib.rs", "// edited");
    assert_eq!(before, workspace.digest(INDEX));
    workspace.write("index/src/lib.rs", "// edited");
    assert_ne!(before, workspace.digest(INDEX));
}

#[test]
fn each_wrong_name_is_an_error() {
    let (_, errors) = Workspace::new().fingerprint(&["src", "nowhere", "../app/src", "src/lib.rs"]);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("`nowhere`") && errors[1].contains("named twice"));
}

#[test]
fn empty_directories_are_errors() {
    let workspace = Workspace::new();
    workspace.write("app/empty/lib.rs~", "");
    assert_eq!(
        workspace.fingerprint(&["empty"]).1,
        ["the directory `empty` contains no files\nhelp: name another directory"]
    );
}

#[test]
fn errors_name_malformed_manifests_and_lock_files() {
    let workspace = Workspace::new();
    workspace.write("index/Cargo.toml", "[package");
    assert!(workspace.fingerprint(INDEX).1[0].contains("index/Cargo.toml is malformed"));
    let workspace = Workspace::new();
    workspace.write("Cargo.lock", "[[");
    assert!(workspace.fingerprint(INDEX).1[0].contains("Cargo.lock is malformed"));
}

fn expanded(input: TokenStream, workspace: Option<&Workspace>) -> String {
    expand(input, workspace.map(|workspace| workspace.root().join("app")).as_deref()).to_string()
}

#[test]
fn the_expansion_contains_names_and_location() {
    let workspace = Workspace::new();
    let expansion = expanded(quote!($crate; "src", portable, "../index",), Some(&workspace));
    for value in
        [quote!(names: &["src", "../index"]), quote!(file: ::core::file!()), quote!(module: ::core::module_path!())]
    {
        assert!(expansion.contains(&value.to_string()), "{expansion}");
    }
    assert!(expansion.contains("$ crate :: __private :: code"), "{expansion}");
    assert!(!expansion.contains("compile_error"), "{expansion}");
}

#[test]
fn errors_leave_a_value_in_the_expansion() {
    let workspace = Workspace::new();
    for (input, message) in [
        (quote!(k;), "names no directory or file"),
        (quote!(k; portable), "names no directory or file"),
        (quote!(k; portable, "src", portable), "given twice"),
        (quote!(k; SRC), "string literal"),
        (quote!(k; "src" "lib"), "string literal"),
        (quote!(k; concat!("a", "b"), "src"), "string literal"),
        (quote!(k; "src", , "lib"), "string literal"),
        (quote!(k; "nowhere"), "no file or directory `nowhere`"),
    ] {
        let expansion = expanded(input, Some(&workspace));
        assert!(expansion.contains(message), "{expansion}");
        assert!(expansion.contains("k :: __private :: code"), "{expansion}");
    }
    assert!(expanded(quote!(k; "src"), None).contains("CARGO_MANIFEST_DIR"));
}

#[test]
fn build_scripts_change_the_digest() {
    let workspace = Workspace::new();
    let digest = |workspace: &Workspace| workspace.digest(&["../index/src"]);
    workspace.write("index/build.rs", "fn main() {}");
    let before = digest(&workspace);
    workspace.write("index/build.rs", "fn main() { println!() }");
    assert_ne!(before, digest(&workspace));

    workspace.replace("index/Cargo.toml", "version = \"0.1.0\"", "version = \"0.1.0\"\nbuild = \"made/by.rs\"");
    workspace.write("index/made/by.rs", "fn main() {}");
    let before = digest(&workspace);
    workspace.write("index/made/by.rs", "fn main() { println!() }");
    assert_ne!(before, digest(&workspace));
}
