//! A repository whose state is remembered, and whose files have the same metadata as then.

use super::*;
use test_support::Run;

use crate::Reports;

/// Repeats the run until the state is remembered: this takes some seconds after the last change.
fn run_until_remembered<'a>(run: impl Fn() -> Run<'a>, sandbox: &Sandbox) {
    while !sandbox.cache().join(".stamps").exists() {
        run().passes();
    }
}

#[test]
fn unchanged_repository_is_known_without_git() {
    let sandbox = Sandbox::new();
    run_until_remembered(|| sandbox.run("only_count"), &sandbox);
    let without_git = |strict| {
        let run = sandbox.run("only_count").env("PATH", sandbox.cache()).env("SMOKE_STRICT", strict);
        run.done()
    };
    for strict in ["0", "1"] {
        let done = without_git(strict);
        assert!(done.passed, "{}", done.stderr);
        assert_eq!(done.outcome("count"), Outcome::Hit);
    }
    // git would read another configuration.
    let otherwise = sandbox.run("only_count").env("PATH", sandbox.cache()).env("GIT_CONFIG_NOSYSTEM", "1").done();
    assert!(!otherwise.passed && otherwise.stderr.contains("install git"), "{}", otherwise.stderr);
    let undo = edit(&sandbox.repo().join("a.txt"), "another novel\n");
    for strict in ["0", "1"] {
        let done = without_git(strict);
        assert!(!done.passed && done.stderr.contains("install git, or put it on the PATH"), "{}", done.stderr);
    }
    undo();
    assert_eq!(sandbox.run("only_count").passes().outcome("count"), Outcome::Hit);
}

/// Variables that name configuration files, which do not exist or are empty at first.
#[test]
fn git_configuration_added_later_is_seen() {
    let excludes = |sandbox: &Sandbox| format!("[core]\n\texcludesFile = {}\n", sandbox.path("excludes").display());
    for (variable, place) in [("GIT_CONFIG_GLOBAL", "none"), ("GIT_CONFIG_SYSTEM", "none"), ("GIT_CONFIG", "empty")] {
        let sandbox = Sandbox::new();
        fs::write(sandbox.repo().join("new.tmp"), "").unwrap();
        fs::write(sandbox.path("excludes"), "*.tmp\n").unwrap();
        fs::write(sandbox.path("empty"), "").unwrap();
        fs::write(sandbox.path("included"), "").unwrap();
        sandbox.git(&["config", "include.path", "../../included"]);
        let run = || sandbox.run("only_count").env(variable, sandbox.path(place));
        run_until_remembered(run, &sandbox);
        // Only the command `git config` reads `GIT_CONFIG`. So another file has to change.
        let file = if variable == "GIT_CONFIG" { "included" } else { place };
        fs::write(sandbox.path(file), excludes(&sandbox)).unwrap();
        assert_eq!(run().passes().outcome("count"), Outcome::Built, "{variable}");
    }
}

/// The replacement of a commit by `git replace` is not its content.
#[test]
fn git_replace_does_not_change_the_key() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.repo().join("a.txt"), "second\n").unwrap();
    sandbox.commit();
    does_not_count(&sandbox, || sandbox.git(&["replace", "HEAD", "HEAD~"]));
    counts(
        &sandbox,
        || sandbox.git(&["reset", "--quiet", "--hard"]),
        || sandbox.git(&["--no-replace-objects", "reset", "--quiet", "--hard"]),
    );
}

/// Two looks at the repository, one before and one after the build, start two processes of git in all.
#[cfg(target_os = "linux")]
#[test]
fn cold_start_asks_git_twice() {
    use test_support::write_executable;

    let sandbox = Sandbox::new();
    let (home, log, bin) = (sandbox.path("empty-home"), sandbox.path("git-calls"), sandbox.path("bin"));
    for directory in [&home, &bin] {
        fs::create_dir(directory).unwrap();
    }
    // The repository is older than some seconds, but nothing knows its state.
    run_until_remembered(|| sandbox.run("only_count"), &sandbox);
    fs::remove_dir_all(sandbox.cache()).unwrap();
    let counted = "#!/bin/sh\necho \"$*\" >>\"$LOG\"\nPATH=${PATH#*:} exec git \"$@\"\n";
    write_executable(&bin.join("git"), counted);
    let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())));
    let run = sandbox.run("only_count").env("PATH", path.unwrap()).env("LOG", &log).env("HOME", &home);
    let done = run.env("XDG_CONFIG_HOME", &home).env("GIT_CONFIG_NOSYSTEM", "1").passes();
    assert_eq!(done.outcome("count"), Outcome::Built);
    let started = fs::read_to_string(log).unwrap();
    assert_eq!(started.lines().count(), 2, "{started}");
}
