//! A fixture that fails is told from a test that fails, and says what, where and why.

use std::fs;

use cached_smoke::Outcome;
use test_support::Sandbox;

use crate::Reports;

#[test]
fn the_output_names_test_repository_artifact_step_and_cause() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("both").env("SUBJECT_FAIL", "words").fails();
    for words in [
        "the fixture of subject::both over bookshop failed; the test itself did not run",
        "failed to build `words` of bookshop",
        "because: told to fail",
        "help: fix `Artifact::build` of `words`",
    ] {
        assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
    }
    assert_eq!(done.outcome("words"), Outcome::Failed);
    assert!(done.report("words").rebuild_seconds > 0.0, "what was spent on it is told");
    assert!(done.report("words").saved_seconds() <= 0.0);
}

#[test]
fn a_failed_build_is_not_tried_again_in_its_run_and_is_in_the_next() {
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
    assert_eq!(sandbox.take_builds(), ["build words"], "a retry is a wish to try again");
    assert_eq!(sandbox.run("only_words").passes().outcome("words"), Outcome::Hit);
}

#[test]
fn a_panic_in_a_build_is_an_error_of_the_fixture() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("only_words").env("SUBJECT_PANIC", "words").fails();
    assert!(done.stderr.contains("because: it panicked: told to panic"), "{}", done.stderr);
}

#[test]
fn a_key_that_fails_is_named_and_not_the_artifact_that_needs_it() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("only_lengths").env("SUBJECT_PANIC", "key").fails();
    assert!(done.stderr.contains("failed to compute the key of `lengths` of bookshop"), "{}", done.stderr);
    assert!(done.stderr.contains("because: `Artifact::key` of `words`: it panicked: "), "{}", done.stderr);
    assert!(done.stderr.contains("help: fix `Artifact::key` or the `NAME` of the artifact"), "{}", done.stderr);
}

#[test]
fn each_step_that_fails_is_named_with_its_mend() {
    for (order, value, step, mend) in [
        ("SUBJECT_PANIC", "key", "failed to compute the key of", "fix `Artifact::key` or the `NAME` of the artifact"),
        ("SUBJECT_FAIL", "words", "failed to build", "fix `Artifact::build` of `words`"),
        ("SUBJECT_SAVE_ALSO", "c:\\x", "failed to save", "fix `Artifact::save` of `words`, or what it writes"),
        (
            "SUBJECT_FAIL_LOAD",
            "1",
            "failed to load",
            "fix `Artifact::load` of `words`, so that it reads what `save` writes",
        ),
    ] {
        let sandbox = Sandbox::new();
        let done = sandbox.run("only_words").env(order, value).fails();
        assert!(done.stderr.contains(&format!("{step} `words` of bookshop")), "{}", done.stderr);
        assert!(done.stderr.contains(&format!("help: {mend}")), "{}", done.stderr);
    }
}

#[test]
fn a_test_that_waits_for_a_panic_fails_when_its_fixture_does() {
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
fn a_missing_repository_says_how_to_get_it() {
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
fn what_is_stored_but_does_not_load_is_built_once_more() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    sandbox.take_log();
    let done = sandbox.run("only_words").env("SUBJECT_FAIL_LOAD", "1").fails();
    assert_eq!(sandbox.take_builds(), ["build words"]);
    assert!(done.stderr.contains("failed to load `words` of bookshop"), "{}", done.stderr);
    sandbox.run("only_words").passes();
}

#[test]
fn what_cannot_be_stored_is_a_failure_of_save_that_names_the_file() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("only_words").env("SUBJECT_SAVE_ALSO", "c:\\x").fails();
    assert!(done.stderr.contains("failed to save `words` of bookshop"), "{}", done.stderr);
    assert!(done.stderr.contains("some operating system does not allow its name"), "{}", done.stderr);
    assert!(!done.stderr.contains("cannot be written to"), "the cache is not to blame: {}", done.stderr);
}

#[cfg(unix)]
#[test]
fn a_link_that_save_leaves_is_a_failure_of_save_that_names_it() {
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
fn a_build_that_fails_is_tried_once_in_its_process() {
    let sandbox = Sandbox::new();
    sandbox.run("both").env("SUBJECT_FAIL", "words").fails();
    assert_eq!(sandbox.take_builds(), ["build words"]);
}

#[test]
fn a_failure_says_how_to_mend_the_innermost_artifact() {
    let sandbox = Sandbox::new();
    let needy = sandbox.run_within("one", "only_lengths").env("SUBJECT_FAIL", "words").fails();
    assert!(needy.stderr.contains("\nhelp: fix `Artifact::build` of `words`"), "{}", needy.stderr);
    let second = sandbox.run_within("one", "only_words").fails();
    assert!(second.stderr.contains("\nhelp: fix the first failed test of this run"), "{}", second.stderr);
}

#[test]
fn the_report_of_a_failure_has_its_artifact_and_its_cause() {
    let done = Sandbox::new().run("only_words").env("SUBJECT_FAIL", "words").fails();
    assert!(done.reason("words").ends_with("because: told to fail"), "{}", done.reason("words"));
    let done = Sandbox::new().run("only_words").env("SUBJECT_PANIC", "key").fails();
    assert!(done.stderr.contains("failed to compute the key of `words` of bookshop"), "{}", done.stderr);
    assert_eq!(done.outcome("words"), Outcome::Failed);
}

#[test]
fn a_failed_fixture_is_a_panic_at_the_users_test() {
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
fn a_configuration_that_panics_is_an_error_of_the_fixture() {
    let done = Sandbox::new().run("waits_without_a_configuration").fails();
    let said = "the configuration of the test is not available: it panicked: no configuration";
    assert!(done.stderr.contains(said), "{}", done.stderr);
}

#[cfg(unix)]
#[test]
fn what_has_no_place_at_all_is_a_failure_of_store() {
    let sandbox = Sandbox::new();
    let nowhere = sandbox.repo().join("a.txt");
    let done = sandbox.run("only_words").env("SMOKE_CACHE", "off").env("TMPDIR", nowhere).fails();
    assert!(done.stderr.contains("failed to store `words` of bookshop"), "{}", done.stderr);
}

#[test]
fn a_verdict_of_the_tests_own_fails_it() {
    Sandbox::new().run("refuses").fails();
}

#[cfg(unix)]
#[test]
fn an_intact_artifact_that_does_not_load_is_built_once_more_in_a_run() {
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
            // Its own trouble is no other's.
            assert_eq!(sandbox.run_within(id, "both").passes().outcome("lengths"), Outcome::Built);
            sandbox.take_builds();
            fs::remove_dir_all(sandbox.entry_file("below/lengths").ancestors().nth(3).unwrap()).unwrap();
        }
        let trash = fs::read_dir(sandbox.cache().join(".trash")).unwrap();
        let damaged =
            trash.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("damaged-"));
        assert_eq!(damaged.count(), 1, "one copy is enough to be looked at");
    }
}
