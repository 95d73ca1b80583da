//! The options that all commands have, and those for cargo; completions and manual pages.

use std::fs;

use test_support::{Project, both_streams, text};

use crate::{json, out, project, runners, smoke_cache};

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
        let arguments = [
            "test",
            "-v",
            "--runner",
            runner,
            "--manifest-path",
            manifest,
            "-p",
            "passed-on",
            "--offline",
            "--color=never",
        ];
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
        let started: Vec<&str> = stderr.lines().filter(|line| line.starts_with("running cargo ")).collect();
        let [compilation, run] = started[..] else { panic!("`-v` shows both: {stderr}") };
        assert!(compilation.contains(" --no-run ") && compilation.contains(" --verbose"), "{compilation}");
        let verbose = if runner == "cargo" { "--verbose" } else { "--cargo-verbose" };
        let manifest_path = format!("--manifest-path {manifest}");
        for expected in ["--package passed-on", "--offline", profile, verbose, "--color never", &manifest_path] {
            assert!(run.contains(expected), "{expected}: {run}");
        }
        let unknown = smoke_cache(&project, &["test", "--runner", runner, "-p", "nobody"]);
        assert_eq!(unknown.status.code(), Some(101), "{}", both_streams(&unknown));
        assert!(text(&unknown.stderr).contains("nobody"), "{}", text(&unknown.stderr));
    }
    let usual = smoke_cache(&project, &["test"]);
    let shown = text(&usual.stderr).lines().filter(|line| line.starts_with("running cargo ")).count();
    assert_eq!(shown, 1, "without `-v`, the compilation is not shown: {}", text(&usual.stderr));
    // The settings are those beside the manifest.
    let fetched = json(&smoke_cache(&elsewhere, &["fetch", "--json", "--manifest-path", manifest]));
    assert_eq!(fetched[0]["repo"], "one", "{fetched}");
    fs::remove_file(project.path("Cargo.lock")).unwrap();
    for option in ["--locked", "--frozen"] {
        let refused = smoke_cache(&project, &["key", option]);
        assert!(!refused.status.success() && text(&refused.stderr).contains(option), "{}", both_streams(&refused));
    }
}

#[test]
fn quiet_prints_results_only() {
    let project = project("quiet");
    for runner in runners(&project) {
        let done = smoke_cache(&project, &["test", "--quiet", "--runner", runner]);
        let told = both_streams(&done);
        assert!(done.status.success() && !told.contains("running cargo ") && !told.contains("Compiling"), "{told}");
        assert!(text(&done.stdout).contains("number") && !told.contains("PASS"), "{told}");
    }
    assert_eq!(text(&smoke_cache(&project, &["populate", "-q"]).stderr), "");
}

#[test]
fn malformed_sizes_and_ages_get_an_example() {
    let project = Project::empty();
    for (option, value, placeholder, example) in
        [("--max-size", "5XB", "SIZE", "5GB"), ("--max-age", "1 fortnight", "AGE", "30d")]
    {
        let refused = smoke_cache(&project, &["gc", option, value]);
        assert_eq!(refused.status.code(), Some(2));
        let expected = format!(
            "error: invalid value '{value}' for '{option} <{placeholder}>': write a number and a unit, such as \
             `{example}`\n"
        );
        assert!(text(&refused.stderr).starts_with(&expected), "{}", text(&refused.stderr));
    }
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
