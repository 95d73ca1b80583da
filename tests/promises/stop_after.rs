//! `SMOKE_STOP_AFTER` stops each test after its keys or after its fixture. No test body runs.

use cached_smoke::Outcome;
use cached_smoke::tooling::{KeyReport, read_key_failures, read_keys};
use test_support::{Sandbox, tamper};

use crate::Reports;

fn keys(sandbox: &Sandbox, run: &str, test: &str) -> Vec<KeyReport> {
    let done = sandbox.run_within(run, test).env("SMOKE_STOP_AFTER", "key").passes();
    assert!(done.stdout.contains("skipped subject::"), "{}", done.stdout);
    assert!(done.reports().is_empty(), "there is nothing to report: {:?}", done.reports());
    read_keys(&sandbox.cache(), run).unwrap()
}

#[test]
fn stop_after_key_builds_nothing_and_records_the_keys() {
    let sandbox = Sandbox::new();
    let before = keys(&sandbox, "before", "both");
    assert_eq!(sandbox.take_log(), [""; 0]);
    let miss = |keys: &[KeyReport]| keys.iter().map(|key| (key.artifact.clone(), key.miss.clone())).collect::<Vec<_>>();
    let first_build = Some("first build".to_owned());
    assert_eq!(miss(&before), [("words".to_owned(), first_build.clone()), ("lengths".to_owned(), first_build)]);

    let built = sandbox.run("both").passes();
    let after = keys(&sandbox, "after", "both");
    assert_eq!(miss(&after), [("words".to_owned(), None), ("lengths".to_owned(), None)]);
    for key in &after {
        assert_eq!(key.key, built.report(&key.artifact).key);
        assert!(key.digest.starts_with(key.key.rsplit(':').next().unwrap()));
        let names: Vec<&str> = key.key_inputs.iter().map(|key_input| key_input.name.as_str()).collect();
        assert!(["code", "config", "format", "repo", "suite"].iter().all(|name| names.contains(name)), "{names:?}");
        assert_eq!((key.test.as_str(), key.repo.as_str()), ("subject::both", "bookshop"));
    }
}

#[test]
fn miss_has_a_reason_and_a_damaged_manifest_is_a_miss() {
    let sandbox = Sandbox::new();
    sandbox.run("only_count").passes();
    std::fs::write(sandbox.repo().join("b.txt"), "x").unwrap();
    let edited = keys(&sandbox, "edited", "only_count");
    assert!(edited[0].miss.as_deref().is_some_and(|miss| miss.starts_with("repository changed: ")), "{edited:?}");
    std::fs::remove_file(sandbox.repo().join("b.txt")).unwrap();
    tamper(&sandbox.entry_file("count.json"), |_| Vec::new());
    let damaged = keys(&sandbox, "damaged", "only_count");
    assert!(damaged[0].miss.as_deref().is_some_and(|miss| miss.contains("manifest")), "{damaged:?}");
}

/// Runs a test without the attribute. Returns the artifacts whose keys it recorded, and `true` if it passed.
fn keys_of_a_body(sandbox: &Sandbox, run: &str, test: &str) -> (Vec<String>, bool) {
    let done = sandbox.run_within(run, test).env("SMOKE_STOP_AFTER", "key").done();
    assert!(done.reports().is_empty(), "{:?}", done.reports());
    let said = format!("{}{}", done.stdout, done.stderr);
    assert!(done.passed || said.contains("SMOKE_STOP_AFTER=key: the key of `"), "{said}");
    let keys = read_keys(&sandbox.cache(), run).unwrap();
    (keys.into_iter().map(|key| key.artifact).collect(), done.passed)
}

#[test]
fn session_records_the_key_and_ends_the_test() {
    let sandbox = Sandbox::new();
    for (test, keys, passes) in [
        ("by_two_sessions", &["words"][..], false),
        ("by_many_threads", &["lengths"], false),
        ("asks_in_a_runtime", &["words"], false),
        ("counts_two_repositories", &["count"], false),
        ("goes_on_without_artifacts", &["words", "lengths", "count"], true),
    ] {
        let (mut recorded, passed) = keys_of_a_body(&sandbox, test, test);
        recorded.dedup();
        assert_eq!(
            (&recorded[..], passed),
            (keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>().as_slice(), passes)
        );
        assert_eq!(read_key_failures(&sandbox.cache(), test).unwrap(), []);
    }
    assert_eq!(sandbox.take_log(), [""; 0], "nothing is built, saved or loaded");

    // A hit is not restored, either.
    sandbox.run("only_words").passes();
    sandbox.take_log();
    assert_eq!(keys_of_a_body(&sandbox, "there", "asks_in_a_runtime"), (vec!["words".to_owned()], false));
    assert_eq!(sandbox.take_log(), [""; 0]);
}

#[test]
fn failed_key_is_recorded_with_its_reason() {
    let sandbox = Sandbox::new();
    let failures = |run: &str, test: &str, name: &str, value: &str| {
        sandbox.run_within(run, test).env("SMOKE_STOP_AFTER", "key").env(name, value).fails();
        read_key_failures(&sandbox.cache(), run).unwrap()
    };
    for (test, is_of_attribute) in [("both", true), ("asks_in_a_runtime", false)] {
        let [failure] = &failures(test, test, "SUBJECT_PANIC", "key")[..] else { panic!("one failure of {test}") };
        assert_eq!((failure.is_of_attribute, failure.repo.as_str()), (is_of_attribute, "bookshop"));
        assert_eq!(failure.artifact.as_deref(), (!is_of_attribute).then_some("words"));
        assert!(failure.message.starts_with("failed to compute the key of `words`"), "{failure:?}");
        assert!(failure.help.is_some() && !failure.is_interrupted, "{failure:?}");
    }
    let [failure] = &failures("configured", "waits_without_a_configuration", "SUBJECT_LOG", "/dev/null")[..] else {
        panic!("one failure of the configuration")
    };
    assert!(failure.message.contains("no configuration"), "{failure:?}");

    let skipped = sandbox.run_within("left-out", "both").env("SMOKE_STOP_AFTER", "key");
    skipped.env("SMOKE_LEAVE_OUT", "bookshop").passes();
    assert_eq!(read_key_failures(&sandbox.cache(), "left-out").unwrap(), [], "it has no keys in this run");
}

#[cfg(unix)]
#[test]
fn test_killed_before_its_keys_is_recorded() {
    let sandbox = Sandbox::new();
    let run = sandbox.run_within("killed", "both").env("SMOKE_STOP_AFTER", "key");
    let (started, pipe) = run.start_until_in("key");
    assert_eq!(read_key_failures(&sandbox.cache(), "killed").unwrap(), [], "it is in flight");
    started.kill();
    drop(pipe);
    let [failure] = &read_key_failures(&sandbox.cache(), "killed").unwrap()[..] else { panic!("one failure") };
    assert_eq!((failure.test.as_str(), failure.is_interrupted), ("subject::both", true));
    assert_eq!(read_key_failures(&sandbox.cache(), "killed").unwrap().len(), 1, "once, however often it is read");
}

#[test]
fn stop_after_fixture_builds_and_does_not_run_the_test() {
    for test in ["both", "fails", "waits_for_a_panic", "waits_for_any_panic", "above", "beneath", "refuses"] {
        let sandbox = Sandbox::new();
        let done = sandbox.run(test).env("SMOKE_STOP_AFTER", "fixture").passes();
        assert_eq!(done.outcome("words"), Outcome::Built, "{test}");
        assert_eq!(sandbox.run(test).env("SMOKE_STOP_AFTER", "fixture").passes().outcome("words"), Outcome::Hit);
    }
}

#[test]
fn failed_fixture_fails_the_test() {
    let sandbox = Sandbox::new();
    sandbox.run("both").env("SMOKE_STOP_AFTER", "fixture").env("SUBJECT_FAIL", "words").fails();
    sandbox.run("both").env("SMOKE_STOP_AFTER", "key").env("SUBJECT_PANIC", "key").fails();
}

#[test]
fn unknown_value_is_an_error() {
    let done = Sandbox::new().run("both").env("SMOKE_STOP_AFTER", "keys").fails();
    assert!(done.stderr.contains("SMOKE_STOP_AFTER is `keys`, but must be `key` or `fixture`"), "{}", done.stderr);
}
