//! A builder process survives the kill of the test that started it.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};

use cached_smoke::Outcome;
use test_support::{Run, Sandbox};

use crate::Reports;

/// Prepares a process as nextest does, so that it starts builders.
fn detached<'a>(sandbox: &'a Sandbox, id: &str, test: &str) -> Run<'a> {
    sandbox.run_within(id, test).env("NEXTEST", "1")
}

#[test]
fn test_uses_the_artifact_of_its_builder() {
    for (test, words) in [("both", Outcome::Built), ("only_lengths", Outcome::Built), ("beneath", Outcome::Built)] {
        let sandbox = Sandbox::new();
        let done = detached(&sandbox, "one", test).passes();
        assert_eq!(done.reports().len(), 1, "one record, although two processes ran: {:?}", done.reports());
        if test != "only_lengths" {
            assert_eq!(done.outcome("words"), words, "{test}");
            assert_eq!(done.reason("words"), "first build");
        }
        assert_eq!(sandbox.take_builds().iter().filter(|build| *build == "build words").count(), 1, "{test}");
        assert_eq!(fs::read_dir(sandbox.cache().join(".staging")).unwrap().count(), 0);
        let second = detached(&sandbox, "two", test).passes();
        assert!(sandbox.take_builds().is_empty(), "{:?}", second.reports());
    }
}

#[test]
fn forced_rebuild_happens_once() {
    let sandbox = Sandbox::new();
    detached(&sandbox, "one", "both").passes();
    sandbox.take_log();
    let forced = detached(&sandbox, "two", "both").env("SMOKE_FORCE_REBUILD", "all").passes();
    assert_eq!((forced.outcome("words"), forced.outcome("lengths")), (Outcome::Forced, Outcome::Forced));
    assert_eq!(sandbox.take_builds(), ["build lengths", "build words"]);
    detached(&sandbox, "two", "both").env("SMOKE_FORCE_REBUILD", "all").passes();
    assert!(sandbox.take_builds().is_empty());
}

#[test]
fn build_survives_the_kill_of_its_test() {
    let sandbox = Sandbox::new();
    let (test, held) = detached(&sandbox, "one", "only_words").start_until_in("words");
    test.kill();
    // The next test waits for the build in flight, and uses its artifact.
    let mut next = detached(&sandbox, "two", "only_words").env("SMOKE_LOCK_TIMEOUT", "60").start();
    let stderr = next.child.stderr.take().unwrap();
    assert!(BufReader::new(stderr).lines().map_while(Result::ok).any(|line| line.contains("has waited")));
    drop(held);
    let next = next.done();
    assert!(next.passed, "{}", next.stdout);
    assert_eq!(next.outcome("words"), Outcome::Shared, "it was not there before its run");
    assert_eq!(sandbox.take_builds(), ["build words"]);
    // The builder may still be about to end, although its artifact is published.
    let entry = sandbox.entry_file("words.json").parent().unwrap().to_owned();
    let lock = sandbox.cache().join(".locks/bookshop").join(entry.file_name().unwrap()).join("words.lock");
    fs::File::open(lock).unwrap().lock().unwrap();
    assert_eq!(fs::read_dir(sandbox.cache().join(".staging")).unwrap().count(), 0);
}

#[test]
fn own_builder_is_no_other_process_to_wait_for() {
    let sandbox = Sandbox::new();
    let (mut test, held) = detached(&sandbox, "one", "only_words").start_until_in("words");
    let mut lines = BufReader::new(test.child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let progress = lines.find(|line| line.contains("counting its words")).unwrap();
    assert!(progress.starts_with("[smoke-cache] building `words` of bookshop: counting its words ("), "{progress}");
    drop(held);
    let later: Vec<String> = lines.collect();
    assert!(!later.iter().any(|line| line.contains("has waited")), "{later:#?}");
    assert!(test.done().passed);
}

#[test]
fn test_builds_itself_after_its_builder_is_killed() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("deaths")).unwrap();
    fs::write(sandbox.path("deaths/0"), "0").unwrap();
    let run = detached(&sandbox, "one", "only_words").env("SUBJECT_DIE_IN", "words").env("SUBJECT_HOLD", "words");
    let done = run.env("SUBJECT_DEATHS", sandbox.path("deaths")).passes();
    assert!(done.stderr.contains("ended without a result; the test's own process builds it"), "{}", done.stderr);
    assert_eq!(done.outcome("words"), Outcome::Built);
    assert_eq!(sandbox.take_builds(), ["build words", "build words"]);
}

#[test]
fn failure_of_a_builder_is_reported_with_its_output() {
    for (order, cause) in [("SUBJECT_FAIL", "because: told to fail"), ("SUBJECT_PANIC", "it panicked: told to panic")] {
        let sandbox = Sandbox::new();
        let done = detached(&sandbox, "one", "only_words").env(order, "words").fails();
        for words in [
            "the fixture of subject::only_words over bookshop failed",
            "failed to build `words` of bookshop",
            cause,
            "help: fix the build of `words`",
            "the output of the build, from ",
        ] {
            assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
        }
        assert_eq!(sandbox.take_builds(), ["build words"]);
        assert_eq!(done.outcome("words"), Outcome::Failed);
        assert!(done.report("words").rebuild_seconds > 0.0);
        let second = detached(&sandbox, "one", "only_words").fails();
        assert!(second.stderr.contains("failed earlier in this run and is not tried again"), "{}", second.stderr);
        assert!(sandbox.take_builds().is_empty());
    }
}

/// A test that builds in its own process has no limit, either.
#[test]
fn lock_timeout_does_not_apply_to_the_own_builder() {
    let sandbox = Sandbox::new();
    let done = detached(&sandbox, "one", "both").env("SMOKE_LOCK_TIMEOUT", "0").passes();
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Built, Outcome::Built), "{}", done.stderr);
    assert_eq!(sandbox.take_builds(), ["build lengths", "build words"]);
    detached(&sandbox, "two", "both").env("SMOKE_LOCK_TIMEOUT", "0").passes();
    assert!(sandbox.take_builds().is_empty());
}

#[test]
fn test_builds_itself_where_it_may_not_detach() {
    let sandbox = Sandbox::new();
    let told_not_to = detached(&sandbox, "one", "only_words").env("SMOKE_DETACH", "0").passes();
    assert_eq!(told_not_to.outcome("words"), Outcome::Built);
    assert!(!sandbox.cache().join(".runs/one/builds").exists());
    // The body of a test builds in its own process what it asks the session for.
    let sandbox = Sandbox::new();
    let done = detached(&sandbox, "one", "asks_for_more").passes();
    assert!(!done.stderr.contains("warning"), "{}", done.stderr);
    assert_eq!((done.outcome("count"), done.outcome("words")), (Outcome::Built, Outcome::Built));
    assert_eq!(fs::read_dir(sandbox.cache().join(".runs/one/builds")).unwrap().count(), 1, "that of the parameter");
    // A test without the attribute starts no builder: it may run code before it opens the session.
    let sandbox = Sandbox::new();
    detached(&sandbox, "one", "by_two_sessions").passes();
    assert!(!sandbox.cache().join(".runs/one/builds").exists());
    assert_eq!(sandbox.take_builds(), ["build words"]);
    let sandbox = Sandbox::new();
    detached(&sandbox, "one", "only_words").env("SMOKE_CACHE", "off").passes();
    assert_eq!(sandbox.take_builds(), ["build words"]);
}

/// A builder that is killed while it builds a dependency of its target holds both build locks. The test needs both.
#[test]
fn builder_killed_in_a_dependency_leaves_no_deadlock() {
    for (test, dies_in) in [("only_lengths", "words"), ("only_lengths", "lengths"), ("both", "lengths")] {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path("deaths")).unwrap();
        fs::write(sandbox.path("deaths/0"), "0").unwrap();
        let run = detached(&sandbox, "one", test).env("SUBJECT_DIE_IN", dies_in).env("SUBJECT_HOLD", dies_in);
        let run = run.env("SUBJECT_DEATHS", sandbox.path("deaths"));
        // A deadlock would last for an hour: the default lock timeout.
        let done = run.wrapped("timeout", &["--signal=KILL", "60"]).passes();
        assert!(done.stderr.contains("ended without a result; the test's own process builds it"), "{}", done.stderr);
        let builds = sandbox.take_builds();
        let of = |artifact: &str| builds.iter().filter(|build| build.ends_with(artifact)).count();
        assert!(of("words") <= 2 && of("lengths") <= 2, "{test}: {builds:?}");
        detached(&sandbox, "two", test).passes();
        assert!(sandbox.take_builds().is_empty());
    }
}

#[test]
fn dependencies_that_a_builder_builds_are_recorded() {
    let sandbox = Sandbox::new();
    let done = detached(&sandbox, "one", "only_lengths").passes();
    for artifact in ["words", "lengths"] {
        assert_eq!(done.outcome(artifact), Outcome::Built);
        assert!(done.report(artifact).rebuild_seconds > 0.0, "{artifact}: {:?}", done.reports());
    }
}

#[test]
fn each_builder_has_its_own_log() {
    let sandbox = Sandbox::new();
    for attempt in ["1", "2"] {
        let run = detached(&sandbox, "one", "only_words").env("SUBJECT_FAIL", "words").env("NEXTEST_ATTEMPT", attempt);
        let done = run.fails();
        assert_eq!(done.stderr.matches("running 1 test").count(), 1, "{}", done.stderr);
    }
    assert_eq!(sandbox.take_builds(), ["build words", "build words"]);
}

/// The disk may be full, or the system may refuse a call of the publication. The test uses the builder's artifact
/// anyway.
#[test]
fn unpublished_artifact_of_a_builder_is_not_rebuilt() {
    for test in ["only_words", "only_lengths", "both"] {
        let sandbox = Sandbox::new();
        // No artifact can be renamed into place.
        fs::create_dir_all(sandbox.cache()).unwrap();
        fs::write(sandbox.cache().join("bookshop"), "a file in the way").unwrap();
        let done = detached(&sandbox, "one", test).passes();
        assert_eq!(done.stderr.matches("warning").count(), 1, "{}", done.stderr);
        let builds = sandbox.take_builds();
        let unique: std::collections::BTreeSet<_> = builds.iter().collect();
        assert_eq!(builds.len(), unique.len(), "{test}: {builds:?}");
        for report in done.reports().iter().flat_map(|report| &report.artifacts) {
            assert_eq!(report.outcome, Outcome::Bypassed, "{test}: {report:?}");
        }
    }
}

#[test]
fn child_of_a_builder_is_no_builder() {
    let sandbox = Sandbox::new();
    let done = detached(&sandbox, "one", "only_lengths").env("SUBJECT_RUN_AGAIN", "lengths").fails();
    assert!(done.stderr.contains("the inner process:"), "{}", done.stderr);
    assert!(!done.stderr.contains("cannot be built"), "{}", done.stderr);
    assert!(sandbox.take_builds().contains(&"build words".to_owned()));
    // A child that outlives the builder and its test still has the variable.
    let done = sandbox.run("only_words").env("SMOKE_BUILDER", sandbox.path("gone")).passes();
    assert_eq!(done.outcome("words"), Outcome::Hit);
}
