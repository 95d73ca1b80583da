//! The options that all commands have, and those for cargo; completions and manual pages.

use std::fs;

use test_support::{Project, both_streams, text};

use crate::{out, project, runners, smoke_cache};

const ESCAPE: char = '\x1b';

#[test]
fn colours_follow_the_option_then_the_variables() {
    let project = project("coloured");
    out(&smoke_cache(&project, &["populate"]), 0);
    for (variables, arguments, expected) in [
        (&[][..], &["list"][..], false),
        (&[], &["list", "--color", "always"], true),
        (&[("CLICOLOR_FORCE", "1")], &["list"], true),
        (&[("CARGO_TERM_COLOR", "always")], &["list"], true),
        (&[("CARGO_TERM_COLOR", "never"), ("CLICOLOR_FORCE", "1")], &["list"], false),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &["list"], false),
        (&[("CARGO_TERM_COLOR", "always")], &["--color", "never", "list"], false),
        (&[("CARGO_TERM_COLOR", "never"), ("CLICOLOR_FORCE", "1")], &["list", "--color", "auto"], true),
    ] {
        let mut command = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
        for name in ["CARGO_TERM_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "NO_COLOR"] {
            command.env_remove(name);
        }
        let told = out(&command.envs(variables.iter().copied()).args(arguments).output().unwrap(), 0);
        assert_eq!(told.contains(ESCAPE), expected, "{variables:?} {arguments:?}: {told}");
    }
    let error = smoke_cache(&project, &["--color=always", "fetch", "nobody"]);
    assert!(text(&error.stderr).starts_with("\x1b[1;31merror\x1b[0m: "), "{}", text(&error.stderr));
}

#[test]
fn options_for_cargo_are_passed_on() {
    let project = project("passed-on");
    let root = project.path("");
    let elsewhere = Project::empty();
    let manifest = project.path("Cargo.toml");
    let manifest = manifest.to_str().unwrap();
    for runner in runners(&project) {
        let arguments = ["test", "-v", "--runner", runner, "--manifest-path", manifest, "-p", "passed-on", "--offline"];
        let mut command = elsewhere.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
        command
            .arg("smoke-cache")
            .args(arguments)
            .args(["--profile", "dev"])
            .env("SMOKE_CACHE_DIR", root.join("cache"));
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", both_streams(&done));
        let profile = if runner == "cargo" { "--profile dev" } else { "--cargo-profile dev" };
        let stderr = text(&done.stderr);
        let run = stderr.lines().rfind(|line| line.starts_with("running cargo ")).unwrap();
        for expected in ["--package passed-on", "--offline", profile, &format!("--manifest-path {manifest}")] {
            assert!(run.contains(expected), "{expected}: {run}");
        }
        let unknown = smoke_cache(&project, &["test", "--runner", runner, "-p", "nobody"]);
        assert_eq!(unknown.status.code(), Some(101), "{}", both_streams(&unknown));
        assert!(text(&unknown.stderr).contains("nobody"), "{}", text(&unknown.stderr));
    }
    fs::remove_file(project.path("Cargo.lock")).unwrap();
    let locked = smoke_cache(&project, &["key", "--locked"]);
    assert!(!locked.status.success() && text(&locked.stderr).contains("--locked"), "{}", both_streams(&locked));
}

#[test]
fn quiet_prints_results_only() {
    let project = project("quiet");
    for runner in runners(&project) {
        let done = smoke_cache(&project, &["test", "--quiet", "--runner", runner]);
        let told = both_streams(&done);
        assert!(done.status.success() && !told.contains("running cargo ") && !told.contains("Compiling"), "{told}");
        assert!(text(&done.stdout).contains("number"), "{told}");
    }
    assert_eq!(text(&smoke_cache(&project, &["populate", "-q"]).stderr), "");
}

#[test]
fn sizes_that_cannot_be_parsed_get_an_example() {
    let refused = smoke_cache(&project("sized"), &["gc", "--max-size", "5XB"]);
    assert_eq!(refused.status.code(), Some(2));
    let expected = "error: invalid value '5XB' for '--max-size <SIZE>': write a number and a unit, such as `5GB`\n";
    assert!(text(&refused.stderr).starts_with(expected), "{}", text(&refused.stderr));
}

#[test]
fn shells_and_man_know_the_commands() {
    let project = Project::empty();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = out(&smoke_cache(&project, &["completions", shell]), 0);
        assert!(script.contains("cargo-smoke-cache") && script.contains("populate"), "{shell}");
    }
    out(&smoke_cache(&project, &["man", "pages"]), 0);
    let page = fs::read_to_string(project.path("pages/cargo-smoke-cache.1")).unwrap();
    assert!(page.contains("doctor") && project.path("pages/cargo-smoke-cache-test.1").is_file(), "{page}");
    // The program also works under its own name, which shells complete.
    let direct = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache")).arg("dir").output().unwrap();
    assert_eq!(out(&direct, 0).trim_end(), project.path("cache").to_str().unwrap());
}
