//! `code_fingerprint!(own)`: the package itself, without the bodies of its tests.

use std::fs::{self, File, FileTimes};
use std::time::Duration;

use crate::workspace::{Workspace, subject};

const NOW: &str = "format!(\"{} {} {} {}\", app::answer(), helper(), EXTRA, include_str!(\"data.txt\"))";

/// Returns a package whose test `t` has a suite, helpers and tests. The artifact holds a value of each.
fn workspace(name: &str) -> Workspace {
    let workspace = Workspace::new(name, "own", NOW);
    workspace.write("tests/support/data.txt", "one");
    workspace.replace(
        "tests/support/mod.rs",
        "pub struct Smoke;",
        "mod deep;\nuse deep::EXTRA;\npub fn helper() -> u32 { 1 }\npub struct Smoke;",
    );
    workspace.write("tests/support/deep.rs", "pub const EXTRA: u32 = 1;\n#[test]\nfn of_deep() { let _ = 1; }\n");
    workspace.replace("tests/t.rs", "mod support;", "mod support;\n#[path = \"../shared/other.rs\"]\nmod other;");
    workspace.write("shared/other.rs", "#[allow(dead_code)]\npub fn other() -> u32 { 1 }\n");
    workspace
}

#[test]
fn edits_of_tests_and_comments_are_hits() {
    let workspace = workspace("own-tests");
    workspace.is_built_for("first build");
    workspace.does_not_count("tests/t.rs", "\"stale\"", "\"not current\"");
    workspace.does_not_count("tests/support/deep.rs", "let _ = 1;", "let _ = 2;");
    workspace.does_not_count("tests/support/mod.rs", "pub struct Smoke;", "// A comment.\n\n\npub  struct Smoke;");
    workspace.write("tests/expected.txt", "one");
    let text = fs::read_to_string(workspace.path("tests/t.rs")).unwrap();
    workspace.write("tests/t.rs", &(text + "#[test]\nfn one_more() { include_str!(\"expected.txt\"); }\n"));
    workspace.is_restored();
    workspace.does_not_count("tests/expected.txt", "one", "two");
}

#[test]
fn edits_of_other_code_are_misses() {
    let workspace = workspace("own-code");
    workspace.is_built_for("first build");
    for (file, from, to, reason) in [
        (
            "tests/support/mod.rs",
            "helper() -> u32 { 1 }",
            "helper() -> u32 { 2 }",
            "code changed: file tests/support/mod.rs changed",
        ),
        ("tests/support/mod.rs", "Ok(Answer(now()))", "Ok(Answer(now().clone()))", "file tests/support/mod.rs changed"),
        ("tests/support/deep.rs", "EXTRA: u32 = 1", "EXTRA: u32 = 2", "file tests/support/deep.rs changed"),
        ("tests/support/data.txt", "one", "two", "file tests/support/data.txt changed"),
        ("shared/other.rs", "{ 1 }", "{ 2 }", "file tests/../shared/other.rs changed"),
        ("src/lib.rs", "one", "two", "code changed: crate app changed"),
    ] {
        workspace.counts(file, from, to, reason);
    }
    workspace.is_built_with(&["--features", "fancy"], "code changed: feature fancy is on");
    // A helper may call a test.
    workspace.replace("tests/support/mod.rs", "helper() -> u32 { 1 }", "helper() -> u32 { deep::called(); 1 }");
    workspace.replace("tests/support/deep.rs", "fn of_deep() { let _ = 1; }", "pub fn called() { let _ = 1; }");
    workspace.is_built_for("file tests/support/mod.rs changed");
    workspace.counts("tests/support/deep.rs", "let _ = 1;", "let _ = 2;", "file tests/support/deep.rs changed");
}

#[test]
fn modules_that_a_macro_declares_count() {
    let workspace = Workspace::new("own-hidden", "own", "hidden::value().into()");
    workspace.package(
        "dirs",
        "dirs",
        "#[macro_export]\nmacro_rules! module { () => { #[path = \"hidden.rs\"] pub mod hidden; } }\n",
    );
    workspace.declare("dev", "dirs = { path = \"dirs\" }");
    workspace.write("tests/support/hidden.rs", "pub fn value() -> &'static str { \"one\" }\n");
    workspace.replace("tests/support/mod.rs", "pub struct Smoke;", "dirs::module!();\npub struct Smoke;");
    workspace.is_built_for("first build");
    workspace.counts("tests/support/hidden.rs", "one", "two", "file tests/support/hidden.rs changed");
}

#[test]
fn programs_of_the_package_count_if_they_are_run() {
    let run = "String::from_utf8(std::process::Command::new(env!(\"CARGO_BIN_EXE_own-program\")).output().unwrap().stdout).unwrap()";
    let workspace = Workspace::new("own-program", "own", run);
    workspace.write("src/main.rs", "fn main() { println!(\"one\") }\n");
    workspace.is_built_for("first build");
    workspace.counts("src/main.rs", "one", "two", "debug/own-program changed");
}

#[cfg(unix)]
#[test]
fn program_that_is_missing_while_the_test_compiles_counts() {
    use std::os::unix::fs::PermissionsExt;

    let run = "String::from_utf8(std::process::Command::new(env!(\"CARGO_BIN_EXE_ownlate\")).output().unwrap().stdout).unwrap()";
    let mut workspace = Workspace::new("ownlate", "own", run);
    workspace.write("src/main.rs", "fn main() { println!(\"one\") }\n");
    // The program is away while the test is compiled.
    let compiler = "#!/bin/sh\ncase \" $* \" in *' --crate-name t '*) ;; *) exec \"$@\" ;; esac\n\
                    mv \"$CARGO_BIN_EXE_ownlate\" \"$CARGO_BIN_EXE_ownlate.away\"\n\"$@\"\nstatus=$?\n\
                    mv \"$CARGO_BIN_EXE_ownlate.away\" \"$CARGO_BIN_EXE_ownlate\"\nexit $status\n";
    workspace.write("compiler", compiler);
    fs::set_permissions(workspace.path("compiler"), fs::Permissions::from_mode(0o755)).unwrap();
    workspace.set("RUSTC_WORKSPACE_WRAPPER", workspace.path("compiler").to_str().unwrap());
    workspace.is_built_for("first build");
    workspace.replace("src/main.rs", "one", "two");
    workspace.is_built_for("debug/ownlate changed");
}

#[test]
fn sources_that_cargo_does_not_compile_again_count_as_compiled() {
    let workspace = workspace("own-older");
    workspace.is_built_for("first build");
    // An older file replaces a source. The test still contains the newer one.
    workspace.replace("tests/support/mod.rs", "helper() -> u32 { 1 }", "helper() -> u32 { 2 }");
    let file = File::options().write(true).open(workspace.path("tests/support/mod.rs")).unwrap();
    let hour_ago = file.metadata().unwrap().modified().unwrap() - Duration::from_hours(1);
    file.set_times(FileTimes::new().set_modified(hour_ago)).unwrap();
    workspace.is_restored();
    // cargo compiles the test for another reason.
    workspace.replace("tests/t.rs", "\"stale\"", "\"not current\"");
    workspace.is_built_for("file tests/support/mod.rs changed");
}

/// Returns a workspace with a package `fixtures`, a library with a separate suite and the function `helper`.
fn workspace_with_fixtures(name: &str, now: &str) -> Workspace {
    let workspace = Workspace::new(name, "own", now);
    workspace.package("fixtures", "fixtures", "");
    let dependency = fs::read_to_string(workspace.path("Cargo.toml")).unwrap();
    let dependency = dependency.lines().find(|line| line.starts_with("cached-smoke")).unwrap().to_owned();
    let manifest = fs::read_to_string(workspace.path("fixtures/Cargo.toml")).unwrap();
    workspace.write("fixtures/Cargo.toml", &format!("{manifest}[dependencies]\n{dependency}\n"));
    let suite = subject("own", "helper().to_string()");
    let suite = suite.replace("pub struct Smoke;", "pub fn helper() -> u32 { 1 }\npub struct Smoke;");
    workspace.write(
        "fixtures/src/lib.rs",
        &(suite + "#[cfg(test)]\nmod tests {\n    #[test]\n    fn a_test() { let _ = 1; }\n}\n"),
    );
    workspace.declare("dev", "fixtures = { path = \"fixtures\" }");
    workspace
}

#[test]
fn times_of_a_library_do_not_count_for_its_dependents() {
    let workspace = workspace_with_fixtures("own-times", "fixtures::helper().to_string()");
    workspace.is_built_for("first build");
    // As a checkout does.
    let text = fs::read_to_string(workspace.path("fixtures/src/lib.rs")).unwrap();
    workspace.write("fixtures/src/lib.rs", &text);
    workspace.is_restored();
    workspace.counts("fixtures/src/lib.rs", "u32 { 1 }", "u32 { 2 }", "crate fixtures changed");
}

#[test]
fn suite_of_a_library_counts_the_library() {
    let workspace = workspace_with_fixtures("own-library", "helper().to_string()");
    workspace.replace("tests/t.rs", "mod support;\nuse support::*;", "use fixtures::*;");
    workspace.is_built_for("first build");
    workspace.is_restored();
    workspace.counts("fixtures/src/lib.rs", "u32 { 1 }", "u32 { 2 }", "file src/lib.rs changed");
    // The test that uses the suite is another crate, and its package has files of the same names.
    workspace.does_not_count("src/lib.rs", "one", "two");
    workspace.does_not_count("tests/t.rs", "\"stale\"", "\"not current\"");
}

#[test]
fn test_files_without_code_share_the_artifacts_of_a_module() {
    let workspace = Workspace::new("own-shared", "own", "app::answer()");
    fs::copy(workspace.path("tests/t.rs"), workspace.path("tests/u.rs")).unwrap();
    // A visibility mentions the module of the file, and uses nothing from it.
    workspace.replace("tests/support/mod.rs", "pub fn now()", "pub(crate) fn now()");
    workspace.is_built_for("first build");
    assert_eq!(workspace.reasons(workspace.cargo(&["--test", "u"])), [""; 0], "a hit in the other file");
    // Code of a test file may change what the module does.
    let text = fs::read_to_string(workspace.path("tests/u.rs")).unwrap();
    workspace.write("tests/u.rs", &(text + "#[allow(dead_code)]\nfn helper() {}\n"));
    assert_eq!(workspace.reasons(workspace.cargo(&["--test", "u"])).len(), 1);
    assert_eq!(workspace.reasons(workspace.cargo(&[])), [""; 0]);
}
