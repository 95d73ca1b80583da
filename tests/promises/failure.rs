//! A failed fixture is reported as such, with test, repository, artifact, step and cause.

use std::fs;

use cached_smoke::Outcome;
use test_support::Sandbox;

use crate::Reports;

#[test]
fn error_names_test_repository_artifact_step_and_cause() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("both").env("SUBJECT_FAIL", "words").fails();
    for words in [
        "the fixture of subject::both over bookshop failed; the test itself did not run",
        "failed to build `words` of bookshop",
        "because: told to fail",
        "help: fix the build of `words`",
    ] {
        assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
    }
    assert_eq!(done.outcome("words"), Outcome::Failed);
    assert!(done.report("words").rebuild_seconds > 0.0, "the time that it took is recorded");
    assert!(done.report("words").saved_seconds() <= 0.0);
}

#[test]
fn failed_build_is_not_repeated_within_its_run() {
    let sandbox = Sandbox::new();
    sandbox.run_within("one", "only_words").env("SUBJECT_FAIL", "words").fails();
    assert_eq!(sandbox.take_builds(), ["build words"]);
    let second = sandbox.run_within("one", "only_words").fails();
    assert_eq!(sandbox.take_builds(), [""; 0]);
    assert!(second.stderr.contains("failed earlier in this run and is not tried again"), "{}", second.stderr);
    assert!(second.stderr.contains("told to fail"), "{}", second.stderr);
    let last = second.reports().pop().unwrap();
    assert!(last.rebuild_seconds() <= 0.0, "it was not tried: {last}");

    sandbox.run_within("one", "only_words").env("NEXTEST_ATTEMPT", "2").passes();
    assert_eq!(sandbox.take_builds(), ["build words"], "a retry of nextest builds again");
    assert_eq!(sandbox.run("only_words").passes().outcome("words"), Outcome::Hit);
}

#[test]
fn panic_in_a_build_is_a_fixture_error() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("only_words").env("SUBJECT_PANIC", "words").fails();
    assert!(done.stderr.contains("because: it panicked: told to panic"), "{}", done.stderr);
}

#[test]
fn failed_key_is_reported_for_the_failed_dependency() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("only_lengths").env("SUBJECT_PANIC", "key").fails();
    assert!(done.stderr.contains("failed to compute the key of `lengths` of bookshop"), "{}", done.stderr);
    assert!(done.stderr.contains("because: `Artifact::key` of `words`: it panicked: "), "{}", done.stderr);
    assert!(done.stderr.contains("help: fix `Artifact::key` or the `NAME` of the artifact"), "{}", done.stderr);
}

#[test]
fn each_failed_step_is_named_with_help() {
    for (order, value, step, mend) in [
        ("SUBJECT_PANIC", "key", "failed to compute the key of", "fix `Artifact::key` or the `NAME` of the artifact"),
        ("SUBJECT_FAIL", "words", "failed to build", "fix the build of `words`"),
        #[cfg(unix)]
        ("SUBJECT_SAVE_ALSO", "c:\\x", "failed to save", "fix the `save` of `words`, or what it writes"),
        ("SUBJECT_FAIL_LOAD", "1", "failed to load", "fix the `load` of `words`, so that it reads what `save` writes"),
    ] {
        let sandbox = Sandbox::new();
        let done = sandbox.run("only_words").env(order, value).fails();
        assert!(done.stderr.contains(&format!("{step} `words` of bookshop")), "{}", done.stderr);
        assert!(done.stderr.contains(&format!("help: {mend}")), "{}", done.stderr);
    }
}

#[test]
fn should_panic_test_fails_when_its_fixture_fails() {
    for (test, order, whom) in [
        ("waits_for_a_panic", "SUBJECT_FAIL", "words"),
        ("waits_for_a_panic", "SUBJECT_PANIC", "words"),
        ("waits_for_any_panic", "SUBJECT_FAIL", "words"),
        ("waits_for_any_panic", "SUBJECT_PANIC", "words"),
        ("waits_for_any_panic", "SUBJECT_PANIC", "key"),
    ] {
        let sandbox = Sandbox::new();
        let done = sandbox.run(test).env(order, whom).fails();
        assert!(
            done.stderr.contains(&format!("the fixture of subject::{test} over bookshop failed")),
            "{}",
            done.stderr
        );
        sandbox.run(test).passes();
    }
}

#[test]
fn missing_repository_is_an_error_with_help() {
    let sandbox = Sandbox::without_repository();
    let done = sandbox.run("only_words").fails();
    assert!(done.stderr.contains("the repository `bookshop` is not at "), "{}", done.stderr);
    assert!(done.stderr.contains("SMOKE_REPO_PATHS"), "{}", done.stderr);
    assert_eq!(done.reports()[0].outcome(), Some(Outcome::Failed));

    let pypi = "[repos.bookshop]\npypi = \"bookshop==1.0\"\n";
    fs::write(sandbox.path("project/smoke.toml"), pypi).unwrap();
    let done = sandbox.run("only_words").fails();
    assert!(done.stderr.contains("run `cargo smoke-cache fetch bookshop`"), "{}", done.stderr);
}

#[test]
fn stored_artifact_that_does_not_load_is_rebuilt_once() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    sandbox.take_log();
    let done = sandbox.run("only_words").env("SUBJECT_FAIL_LOAD", "1").fails();
    assert_eq!(sandbox.take_builds(), ["build words"]);
    assert!(done.stderr.contains("failed to load `words` of bookshop"), "{}", done.stderr);
    sandbox.run("only_words").passes();
}

/// Windows cannot create such a file.
#[cfg(unix)]
#[test]
fn unstorable_file_name_is_a_save_error() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("only_words").env("SUBJECT_SAVE_ALSO", "c:\\x").fails();
    assert!(done.stderr.contains("failed to save `words` of bookshop"), "{}", done.stderr);
    assert!(done.stderr.contains("leads to another directory on Windows"), "{}", done.stderr);
    assert!(!done.stderr.contains("cannot be written to"), "the cache is not to blame: {}", done.stderr);
}

#[cfg(unix)]
#[test]
fn link_left_by_save_is_a_save_error() {
    for target in ["words", "/etc/hostname", "nowhere"] {
        let sandbox = Sandbox::new();
        let done = sandbox.run("only_words").env("SUBJECT_SAVE_LINK", target).fails();
        assert!(done.stderr.contains("failed to save `words` of bookshop"), "{}", done.stderr);
        assert!(
            done.stderr.contains("/link cannot be stored: it is neither a plain file nor a directory"),
            "{}",
            done.stderr
        );
    }
}

#[test]
fn failed_build_is_not_repeated_within_its_process() {
    let sandbox = Sandbox::new();
    sandbox.run("both").env("SUBJECT_FAIL", "words").fails();
    assert_eq!(sandbox.take_builds(), ["build words"]);
}

#[test]
fn help_is_about_the_innermost_artifact() {
    let sandbox = Sandbox::new();
    let needy = sandbox.run_within("one", "only_lengths").env("SUBJECT_FAIL", "words").fails();
    assert!(needy.stderr.contains("\nhelp: fix the build of `words`"), "{}", needy.stderr);
    let second = sandbox.run_within("one", "only_words").fails();
    assert!(second.stderr.contains("\nhelp: fix the first failed test of this run"), "{}", second.stderr);
}

#[test]
fn report_of_a_failure_has_artifact_and_cause() {
    let done = Sandbox::new().run("only_words").env("SUBJECT_FAIL", "words").fails();
    assert!(done.reason("words").ends_with("because: told to fail"), "{}", done.reason("words"));
    let done = Sandbox::new().run("only_words").env("SUBJECT_PANIC", "key").fails();
    assert!(done.stderr.contains("failed to compute the key of `words` of bookshop"), "{}", done.stderr);
    assert_eq!(done.outcome("words"), Outcome::Failed);
}

#[test]
fn failed_fixture_panics_at_the_users_test() {
    for test in ["both", "beneath"] {
        let done = Sandbox::new().run(test).env("SUBJECT_FAIL", "words").fails();
        assert!(
            done.stderr.contains(&format!("panicked at {}", file!().replace("failure", "subject"))),
            "{}",
            done.stderr
        );
    }
}

#[test]
fn panic_in_the_configuration_is_a_fixture_error() {
    let done = Sandbox::new().run("waits_without_a_configuration").fails();
    let said = "the configuration of the test is not available: it panicked: no configuration";
    assert!(done.stderr.contains(said), "{}", done.stderr);
}

#[cfg(unix)]
#[test]
fn artifact_without_a_writable_directory_is_a_store_error() {
    let sandbox = Sandbox::new();
    let nowhere = sandbox.repo().join("a.txt");
    let done = sandbox.run("only_words").env("SMOKE_CACHE", "off").env("TMPDIR", nowhere).fails();
    assert!(done.stderr.contains("failed to store `words` of bookshop"), "{}", done.stderr);
}

#[test]
fn return_value_of_the_test_can_fail_it() {
    Sandbox::new().run("refuses").fails();
}

#[cfg(unix)]
#[test]
fn intact_artifact_that_does_not_load_is_rebuilt_once_per_run() {
    for runner in ["", "1"] {
        let sandbox = Sandbox::new();
        sandbox.run("only_words").passes();
        sandbox.take_log();
        for id in ["two", "three"] {
            let test = || sandbox.run_within(id, "only_words").env("NEXTEST", runner).env("SUBJECT_FAIL_LOAD", "1");
            let tests: Vec<_> = (0..4).map(|_| test().start()).collect();
            for test in tests {
                let done = test.done();
                assert!(!done.passed && done.stderr.contains("because: told not to load"), "{}", done.stderr);
                assert!(!done.stderr.contains("warning"), "{}", done.stderr);
            }
            assert_eq!(sandbox.take_builds(), ["build words"], "run {id}");
            // The failure to load concerns only the test that failed.
            assert_eq!(sandbox.run_within(id, "both").passes().outcome("lengths"), Outcome::Built);
            sandbox.take_builds();
            fs::remove_dir_all(sandbox.entry_file("below/lengths").ancestors().nth(3).unwrap()).unwrap();
        }
        let trash = fs::read_dir(sandbox.cache().join(".trash")).unwrap();
        let damaged =
            trash.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("damaged-"));
        assert_eq!(damaged.count(), 1, "one damaged copy is kept");
    }
}
