//! The tests that the commands run: those that use the cache, over the named repositories.

use test_support::{Project, both_streams, text};

use crate::{json, out, project, runners, smoke_cache};

/// The error where a `smoke.toml` is needed.
const NO_SMOKE_TOML: &str = "error: no smoke.toml here or above; run `cargo smoke-cache init`\n";

/// A test binary that uses the crate, without a repository.
const FREE: &str = "#[cached_smoke::artifact]\nfn free() -> Vec<u32> {\n    vec![1]\n}\n\n\
    #[cached_smoke::cached_smoke(repos = [])]\nfn is_free(free: &Vec<u32>) {\n    assert_eq!(free.len(), 1);\n}\n";

/// Returns a project without repositories and without `smoke.toml`.
fn project_without_smoke_toml(name: &str) -> Project {
    let project = Project::new(name, "");
    std::fs::remove_file(project.path("smoke.toml")).unwrap();
    project.write("src/lib.rs", "");
    project.write("tests/free.rs", FREE);
    project
}

#[test]
fn tests_that_do_not_use_the_cache_do_not_run() {
    let project = project("chosen");
    let ignored = "\n#[test]\n#[ignore = \"slow\"]\nfn is_ignored() {\n    panic!(\"it ran\");\n}\n";
    let tests = std::fs::read_to_string(project.path("tests/a.rs")).unwrap();
    project.write("tests/a.rs", &(tests + ignored));
    // It names the crate, and does not open a session.
    let plain = "use cached_smoke as _;\n\n#[test]\nfn is_plain() {\n    panic!(\"it ran\");\n}\n";
    project.write("tests/plain.rs", plain);
    project.write("src/lib.rs", "pub fn number() -> u32 { 1 }\n\n#[test]\nfn is_plain() { panic!(\"it ran\") }\n");
    for runner in runners(&project) {
        let done = smoke_cache(&project, &["test", "--runner", runner]);
        out(&done, 0);
        assert!(!both_streams(&done).contains("it ran"), "{}", both_streams(&done));
        assert_eq!(json(&smoke_cache(&project, &["key", "--json", "--runner", runner])).as_array().unwrap().len(), 1);
        // The user's own selection has precedence.
        let plain = smoke_cache(&project, &["test", "--runner", runner, "--", "--test", "plain"]);
        assert!(both_streams(&plain).contains("it ran"), "{}", both_streams(&plain));
    }
    project.write("smoke.toml", "[repos.one]\npath = \"one\"\n[test]\nignored = true\n");
    for runner in runners(&project) {
        let done = smoke_cache(&project, &["test", "--runner", runner]);
        assert!(!done.status.success() && both_streams(&done).contains("is_ignored"), "{}", both_streams(&done));
    }
}

#[test]
fn same_target_of_another_package_does_not_run() {
    let project = project("ambiguous");
    let manifest = std::fs::read_to_string(project.path("Cargo.toml")).unwrap();
    project.write(
        "Cargo.toml",
        &manifest.replace("[workspace]", "[workspace]\nmembers = [\"other\"]\ndefault-members = [\".\", \"other\"]"),
    );
    std::fs::create_dir_all(project.path("other/tests")).unwrap();
    project
        .write("other/Cargo.toml", "[package]\nname = \"ambiguous-other\"\nversion = \"0.0.0\"\nedition = \"2024\"\n");
    std::fs::create_dir(project.path("other/src")).unwrap();
    project.write("other/src/lib.rs", "");
    project.write("other/tests/a.rs", "#[test]\nfn is_plain() {\n    panic!(\"it ran\");\n}\n");
    for runner in runners(&project) {
        let done = smoke_cache(&project, &["test", "--runner", runner]);
        out(&done, 0);
        assert!(!both_streams(&done).contains("it ran"), "{}", both_streams(&done));
    }
}

#[test]
fn smoke_toml_is_required_for_repositories_only() {
    let project = project_without_smoke_toml("without-smoke-toml");
    for arguments in
        [&["test"][..], &["test", "-"], &["populate"], &["key", "-"], &["explain", "-"], &["list"], &["gc"]]
    {
        let done = smoke_cache(&project, arguments);
        assert!(done.status.success(), "{arguments:?}: {}", both_streams(&done));
    }
    assert!(out(&smoke_cache(&project, &["list"]), 0).contains("free"));
    for (arguments, status) in [
        (&["fetch"][..], 2),
        (&["fetch", "one"], 2),
        (&["populate", "one"], 2),
        (&["key", "one"], 2),
        (&["explain", "one"], 2),
        (&["list", "one"], 2),
        (&["clean", "one"], 2),
        (&["test", "--repo", "one"], 2),
    ] {
        let done = smoke_cache(&project, arguments);
        assert_eq!((done.status.code(), &*text(&done.stderr)), (Some(status), NO_SMOKE_TOML), "{arguments:?}");
    }
}

#[test]
fn unknown_repository_may_be_a_test() {
    let project = project("misnamed");
    let refused = smoke_cache(&project, &["test", "nosuchtest"]);
    assert_eq!(refused.status.code(), Some(2));
    let expected = "error: no repository is called `nosuchtest`\n\
                    help: to run the tests of this name, run `cargo smoke-cache test -- nosuchtest`\n";
    assert_eq!(text(&refused.stderr), expected);
    let near = smoke_cache(&project, &["test", "oen"]);
    assert!(text(&near.stderr).contains("`oen` (did you mean `one`?)\n"), "{}", text(&near.stderr));
    assert!(out(&smoke_cache(&project, &["test", "one"]), 0).contains("one"));
}

#[test]
fn failed_compilation_is_all_that_is_reported() {
    let project = project("uncompiled");
    project.write("src/lib.rs", "pub fn number() -> u32 {\n");
    for runner in runners(&project) {
        let failed = smoke_cache(&project, &["test", "--runner", runner]);
        assert_eq!((failed.status.code(), &*text(&failed.stdout)), (Some(101), ""));
        let stderr = text(&failed.stderr);
        assert!(stderr.ends_with("\nerror: cargo did not compile the tests\n"), "{stderr}");
        assert!(!stderr.contains(project.path("cache").to_str().unwrap()) && !stderr.contains("running "), "{stderr}");
    }
}
