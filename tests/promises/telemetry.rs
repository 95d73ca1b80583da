//! Every test prints one line and writes one record, and the two agree.

use std::fs;

use std::io::{BufRead, BufReader};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cached_smoke::tooling::read_reports;
use cached_smoke::{Activity, CacheReport, Outcome};
use test_support::Sandbox;

use crate::Reports;

#[test]
fn each_test_has_one_line_and_one_record() {
    let sandbox = Sandbox::new();
    for (test, cached) in [("both", "cache_hit=0 cache_miss=1"), ("both", "cache_hit=1 cache_miss=0")] {
        let done = sandbox.run(test).passes();
        let lines: Vec<&str> = done.stdout.lines().filter(|line| line.contains("[smoke-cache] test=")).collect();
        let [line] = lines[..] else { panic!("not one line: {}", done.stdout) };
        let expected = "test=subject::both repo=bookshop artifact=words,lengths ";
        assert!(line.contains(expected) && line.contains(cached), "{line}");
        let [report] = &done.reports()[..] else { panic!("not one record: {:?}", done.reports()) };
        assert!(line.contains(&report.to_string()));
        assert_eq!((report.test.as_str(), report.repo.as_str()), ("subject::both", "bookshop"));
    }
}

#[test]
fn record_has_the_times_of_all_activities() {
    let sandbox = Sandbox::new();
    let activities = |report: &CacheReport, artifact: &str| -> Vec<Activity> {
        let artifact = report.artifacts.iter().find(|one| one.artifact == artifact).unwrap();
        artifact.spans.iter().map(|span| span.activity).collect()
    };
    let before = since_1970();
    let built = sandbox.run("both").passes().reports().remove(0);
    let after = since_1970();
    for artifact in &built.artifacts {
        let found = activities(&built, &artifact.artifact);
        assert!(found.contains(&Activity::Build) && found.last() == Some(&Activity::Restore), "{built:?}");
        for span in &artifact.spans {
            let begun = Duration::from_micros(span.begun_micros);
            let ended = begun + Duration::from_secs_f64(span.seconds);
            // Records have microseconds.
            let slack = Duration::from_millis(1);
            assert!(before <= begun + slack && ended <= after + slack, "{span:?} within {before:?} and {after:?}");
        }
    }
    let hit = sandbox.run("both").passes().reports().remove(0);
    assert_eq!([activities(&hit, "words"), activities(&hit, "lengths")], [[Activity::Restore]; 2]);
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// Returns the only record of the run `one`.
#[track_caller]
fn record(sandbox: &Sandbox) -> CacheReport {
    let mut reports = read_reports(&sandbox.cache(), "one").unwrap();
    assert_eq!(reports.len(), 1, "{reports:?}");
    // A second read finds the same.
    assert_eq!(read_reports(&sandbox.cache(), "one").unwrap(), reports);
    reports.remove(0)
}

#[test]
fn each_test_has_one_record_for_each_way_to_end() {
    for (test, setting, value, outcome) in [
        ("both", "SUBJECT_LOG", "", Outcome::Built),
        ("fails", "SUBJECT_LOG", "", Outcome::Built),
        ("waits_for_a_panic", "SUBJECT_LOG", "", Outcome::Built),
        ("ends_its_process", "SUBJECT_LOG", "", Outcome::Built),
        ("asks_for_more", "SUBJECT_LOG", "", Outcome::Built),
        ("ends_its_process_with_a_session", "SUBJECT_LOG", "", Outcome::Interrupted),
        ("both", "SUBJECT_FAIL", "words", Outcome::Failed),
        ("both", "SUBJECT_PANIC", "words", Outcome::Failed),
        ("both", "SUBJECT_PANIC", "key", Outcome::Failed),
        ("both", "SMOKE_ON_MISS", "skip", Outcome::Skipped),
        ("both", "SMOKE_ON_MISS", "fail", Outcome::Failed),
        ("both", "SMOKE_LEAVE_OUT", "bookshop", Outcome::Skipped),
        ("both", "SMOKE_CACHE", "off", Outcome::Bypassed),
    ] {
        let sandbox = Sandbox::new();
        sandbox.run_within("one", test).env(setting, value).done();
        let record = record(&sandbox);
        assert_eq!(record.outcome(), Some(outcome), "{test} {setting}={value}");
        assert_eq!((record.test, record.repo), (format!("subject::{test}"), "bookshop".to_owned()));
    }
}

#[cfg(unix)]
#[test]
fn killed_builder_and_killed_waiter_have_one_record() {
    let sandbox = Sandbox::new();
    let (builder, _held) = sandbox.run_within("other", "both").start_until_in("words");
    let mut waiter = sandbox.run_within("one", "both").start();
    let stderr = waiter.child.stderr.take().unwrap();
    assert!(BufReader::new(stderr).lines().map_while(Result::ok).any(|line| line.contains("has waited")));
    assert_eq!(read_reports(&sandbox.cache(), "one").unwrap(), [], "it is in flight");
    waiter.kill();
    let report = record(&sandbox);
    assert_eq!((report.outcome(), report.test.as_str()), (Some(Outcome::Interrupted), "subject::both"));
    builder.kill();
    let built = read_reports(&sandbox.cache(), "other").unwrap();
    assert_eq!(built.len(), 1);
    assert_eq!(built[0].outcome(), Some(Outcome::Interrupted));
    assert!(built[0].to_string().contains("its process ended before"), "{}", built[0]);
}

#[test]
fn saved_time_is_build_time_minus_restore_time() {
    let sandbox = Sandbox::new();
    let built = sandbox.run("both").passes();
    let hit = sandbox.run("both").passes();
    for artifact in ["words", "lengths"] {
        let (built, hit) = (built.report(artifact), hit.report(artifact));
        assert!(built.saved_seconds().abs() < 1e-9);
        // The manifest has whole milliseconds, up to its publication.
        assert!(hit.build_seconds <= built.rebuild_seconds && hit.build_seconds >= 0.0, "{hit:?} {built:?}");
        assert!(
            (hit.saved_seconds() - (hit.build_seconds - hit.restore_seconds)).abs() < 1e-9 || hit.build_seconds < 1e-9
        );
    }
}

#[test]
fn report_parameter_has_the_outcome() {
    let sandbox = Sandbox::new();
    assert!(sandbox.run("takes_the_report").passes().stdout.contains("outcome=built"));
    assert!(sandbox.run("takes_the_report").passes().stdout.contains("outcome=hit"));
}

#[test]
fn requests_of_a_session_are_in_the_record_of_its_test() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("asks_for_more").passes();
    assert_eq!(done.reports().len(), 1);
    assert_eq!((done.outcome("count"), done.outcome("words")), (Outcome::Built, Outcome::Built));
}

#[test]
fn test_without_artifacts_is_neither_hit_nor_miss() {
    let done = Sandbox::new().run("only_repo").passes();
    assert!(done.stdout.contains(" artifact=- cache_hit=0 cache_miss=0 "), "{}", done.stdout);
}

#[test]
fn key_in_a_line_names_its_entry() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("only_words").passes();
    let entry = sandbox.entry_file("words.json").parent().unwrap().to_owned();
    let name = entry.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(done.report("words").key, format!("bookshop:{}", name.replacen('-', ":", 1)));
}

#[test]
fn processes_of_one_cargo_are_one_run_without_any_variable() {
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        sandbox.run("only_words").without_env("SMOKE_RUN_ID").passes();
    }
    let runs: Vec<_> = fs::read_dir(sandbox.cache().join(".runs")).unwrap().flatten().collect();
    // Under cargo, both have the same ancestor. Started by hand, each is a separate run.
    let by_cargo = runs.iter().any(|run| run.file_name().to_string_lossy().starts_with("cargo-"));
    assert_eq!(runs.len(), if by_cargo { 1 } else { 2 });
}

#[test]
fn test_that_exits_its_process_has_a_record() {
    assert_eq!(Sandbox::new().run("ends_its_process").fails().reports().len(), 1);
}
