//! A run that wants to know what its tests would ask for, or that they have it, runs none of them.

use cached_smoke::Outcome;
use cached_smoke::tooling::{KeyReport, read_keys};

use crate::sandbox::Sandbox;

fn keys(sandbox: &Sandbox, run: &str, test: &str) -> Vec<KeyReport> {
    let done = sandbox.run_within(run, test).env("SMOKE_STOP_AFTER", "key").passes();
    assert!(done.stdout.contains("skipped subject::"), "{}", done.stdout);
    assert!(done.reports.is_empty(), "there is nothing to report: {:?}", done.reports);
    read_keys(&sandbox.cache(), run).unwrap()
}

#[test]
fn after_its_key_a_test_has_built_nothing_and_told_what_it_would_ask_for() {
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
        let names: Vec<&str> = key.ingredients.iter().map(|ingredient| ingredient.name.as_str()).collect();
        assert!(["code", "config", "format", "repo", "suite"].iter().all(|name| names.contains(name)), "{names:?}");
        assert_eq!((key.test.as_str(), key.repo.as_str()), ("subject::both", "bookshop"));
    }
}

#[test]
fn a_miss_has_its_reason_and_a_manifest_that_is_damaged_is_one() {
    let sandbox = Sandbox::new();
    sandbox.run("only_count").passes();
    std::fs::write(sandbox.repo().join("b.txt"), "x").unwrap();
    let edited = keys(&sandbox, "edited", "only_count");
    assert!(edited[0].miss.as_deref().is_some_and(|miss| miss.starts_with("repository changed: ")), "{edited:?}");
    std::fs::remove_file(sandbox.repo().join("b.txt")).unwrap();
    crate::sandbox::tamper(&sandbox.entry_file("count.json"), |_| Vec::new());
    let damaged = keys(&sandbox, "damaged", "only_count");
    assert!(damaged[0].miss.as_deref().is_some_and(|miss| miss.contains("manifest")), "{damaged:?}");
}

#[test]
fn after_its_fixture_a_test_has_it_and_has_not_run() {
    for test in ["both", "fails", "waits_for_a_panic", "waits_for_any_panic", "above", "beneath", "refuses"] {
        let sandbox = Sandbox::new();
        let done = sandbox.run(test).env("SMOKE_STOP_AFTER", "fixture").passes();
        assert_eq!(done.outcome("words"), Outcome::Built, "{test}");
        assert_eq!(sandbox.run(test).env("SMOKE_STOP_AFTER", "fixture").passes().outcome("words"), Outcome::Hit);
    }
}

#[test]
fn a_fixture_that_cannot_be_had_fails_all_the_same() {
    let sandbox = Sandbox::new();
    sandbox.run("both").env("SMOKE_STOP_AFTER", "fixture").env("SUBJECT_FAIL", "words").fails();
    sandbox.run("both").env("SMOKE_STOP_AFTER", "key").env("SUBJECT_PANIC", "key").fails();
}

#[test]
fn another_word_is_an_error() {
    let done = Sandbox::new().run("both").env("SMOKE_STOP_AFTER", "keys").fails();
    assert!(done.stderr.contains("SMOKE_STOP_AFTER is `keys`, but must be `key` or `fixture`"), "{}", done.stderr);
}
