//! A repository that looks as it did when its state was taken.

use super::*;
use test_support::Run;

use crate::Reports;

/// Where nothing has been touched for some seconds: it takes as long until this can be seen.
fn until_it_is_remembered<'a>(run: impl Fn() -> Run<'a>, sandbox: &Sandbox) {
    while !sandbox.cache().join(".stamps").exists() {
        run().passes();
    }
}

#[test]
fn a_repository_that_looks_as_it_did_is_known_without_git() {
    let sandbox = Sandbox::new();
    until_it_is_remembered(|| sandbox.run("only_count"), &sandbox);
    let without_git = |strict| {
        let run = sandbox.run("only_count").env("PATH", sandbox.cache()).env("SMOKE_STRICT", strict);
        run.done()
    };
    for strict in ["0", "1"] {
        let done = without_git(strict);
        assert!(done.passed, "{}", done.stderr);
        assert_eq!(done.outcome("count"), Outcome::Hit);
    }
    // Git would read other configuration.
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

/// Files of configuration that are named by variables, and are not there or empty.
#[test]
fn configuration_that_comes_later_is_seen() {
    let excludes = |sandbox: &Sandbox| format!("[core]\n\texcludesFile = {}\n", sandbox.path("excludes").display());
    for (variable, place) in [("GIT_CONFIG_GLOBAL", "none"), ("GIT_CONFIG_SYSTEM", "none"), ("GIT_CONFIG", "empty")] {
        let sandbox = Sandbox::new();
        fs::write(sandbox.repo().join("new.tmp"), "").unwrap();
        fs::write(sandbox.path("excludes"), "*.tmp\n").unwrap();
        fs::write(sandbox.path("empty"), "").unwrap();
        fs::write(sandbox.path("included"), "").unwrap();
        sandbox.git(&["config", "include.path", "../../included"]);
        let run = || sandbox.run("only_count").env(variable, sandbox.path(place));
        until_it_is_remembered(run, &sandbox);
        // `GIT_CONFIG` is what `git config` alone reads; what all of git does is elsewhere.
        let file = if variable == "GIT_CONFIG" { "included" } else { place };
        fs::write(sandbox.path(file), excludes(&sandbox)).unwrap();
        assert_eq!(run().passes().outcome("count"), Outcome::Built, "{variable}");
    }
}

/// What `git replace` puts in a commit's place is not what the commit says.
#[test]
fn a_commit_that_is_replaced_stays_what_it_is() {
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
