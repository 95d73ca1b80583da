//! `init`: the settings and a first smoke test.

use std::fs;

use test_support::{Project, both_streams, text};

use crate::{out, runners, smoke_cache};

const WRITTEN: [&str; 5] =
    ["smoke.toml", ".gitignore", "tests/smoke/main.rs", "tests/smoke/artifacts.rs", ".config/nextest.toml"];

/// Returns a package that depends on cached-smoke, without settings and without tests.
fn package(name: &str) -> Project {
    let project = Project::new(name, "");
    fs::remove_file(project.path("smoke.toml")).unwrap();
    project.write("src/lib.rs", "");
    project
}

#[test]
fn written_tests_pass_at_once_and_again() {
    let project = package("initialised");
    project.write(".gitignore", "/target");
    let told = out(&smoke_cache(&project, &["init"]), 0);
    assert_eq!(
        told,
        "wrote    smoke.toml\nadded to .gitignore\nwrote    tests/smoke/main.rs\nwrote    tests/smoke/artifacts.rs\n\
         wrote    .config/nextest.toml\nnext:    cargo smoke-cache test\n"
    );
    assert_eq!(fs::read_to_string(project.path(".gitignore")).unwrap(), "/target\n/.smoke-cache/\n");
    for runner in runners(&project) {
        let done = smoke_cache(&project, &["test", "--runner", runner]);
        assert!(done.status.success(), "{}", both_streams(&done));
        let told = both_streams(&done);
        assert!(!told.contains("unknown configuration") && !told.contains("[smoke-cache] test="), "{told}");
        if runner == "nextest" {
            assert_eq!(told.lines().filter(|line| line.contains(" warm")).count(), 1, "one line for each test: {told}");
        }
    }
    let warm = smoke_cache(&project, &["test", "--require-hits"]);
    assert!(warm.status.success(), "{}", both_streams(&warm));
    // The directory that it proposes is that of the project.
    let mut dir = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
    let dir = dir.args(["smoke-cache", "dir"]).env_remove("SMOKE_CACHE_DIR").output().unwrap();
    assert_eq!(text(&dir.stdout).trim_end(), project.path(".smoke-cache").to_str().unwrap());
}

#[test]
fn existing_files_stay() {
    let project = package("initialised-twice");
    fs::create_dir_all(project.path(".config")).unwrap();
    fs::create_dir_all(project.path("tests/smoke")).unwrap();
    project.write(".config/smoke.toml", "[test]\nignored = true\n");
    project.write(".config/nextest.toml", "[profile.default]\nretries = 1\n");
    project.write("tests/smoke/main.rs", "#[test]\nfn mine() {}\n");
    let told = out(&smoke_cache(&project, &["init"]), 0);
    assert!(
        told.starts_with("kept     .config/smoke.toml\nkept     tests/smoke\nkept     .config/nextest.toml\n"),
        "{told}"
    );
    assert!(
        told.contains("add to .config/nextest.toml") && told.contains("\n[[profile.default.overrides]]\n"),
        "{told}"
    );
    assert_eq!(fs::read_to_string(project.path(".config/nextest.toml")).unwrap(), "[profile.default]\nretries = 1\n");
    assert!(!project.path("smoke.toml").exists() && !project.path("tests/smoke/artifacts.rs").exists());

    let project = package("initialised-thrice");
    project.write(".gitignore", ".smoke-cache\n");
    let told = out(&smoke_cache(&project, &["init"]), 0);
    assert!(told.contains("\nkept     .gitignore\n"), "{told}");
    assert_eq!(fs::read_to_string(project.path(".gitignore")).unwrap(), ".smoke-cache\n");
    let contents = || WRITTEN.map(|name| fs::read_to_string(project.path(name)).unwrap());
    let before = contents();
    let again = out(&smoke_cache(&project, &["init"]), 0);
    assert!(!again.contains("wrote") && !again.contains("added"), "{again}");
    assert_eq!(contents(), before);
}

#[test]
fn tests_go_into_one_package_of_a_workspace() {
    let project = package("initialised-member");
    let manifest = fs::read_to_string(project.path("Cargo.toml")).unwrap().replace("[workspace]\n", "");
    for member in ["crates/plain", "crates/user"] {
        fs::create_dir_all(project.path(member).join("src")).unwrap();
        fs::write(project.path(member).join("src/lib.rs"), "").unwrap();
    }
    fs::remove_dir_all(project.path("src")).unwrap();
    let plain = "[package]\nname = \"initialised-plain\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";
    project.write("crates/plain/Cargo.toml", plain);
    project.write("crates/user/Cargo.toml", &manifest);
    project.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n");

    let told = out(&smoke_cache(&project, &["init"]), 0);
    assert!(
        told.contains("wrote    smoke.toml\n") && told.contains("wrote    crates/user/tests/smoke/main.rs\n"),
        "{told}"
    );
    let done = smoke_cache(&project, &["test"]);
    assert!(done.status.success(), "{}", both_streams(&done));

    let other = out(&smoke_cache(&project, &["init", "-p", "initialised-plain"]), 0);
    assert!(other.contains("kept     smoke.toml\n") && other.contains("wrote    crates/plain/tests/smoke/"), "{other}");
    assert!(other.contains("next:    cargo add --dev --git ") && other.contains(" cached-smoke --package "), "{other}");
    let unknown = smoke_cache(&project, &["init", "-p", "nobody"]);
    assert_eq!(unknown.status.code(), Some(2));
    let expected = "error: the workspace has no package `nobody`\nhelp: name one of: initialised-";
    assert!(text(&unknown.stderr).starts_with(expected), "{}", text(&unknown.stderr));
}

#[test]
fn directory_without_a_package_is_an_error() {
    let refused = smoke_cache(&Project::empty(), &["init"]);
    assert_eq!(refused.status.code(), Some(2));
    let stderr = text(&refused.stderr);
    assert!(stderr.contains("could not find `Cargo.toml`") && stderr.contains("\nhelp: run `cargo init"), "{stderr}");
}
