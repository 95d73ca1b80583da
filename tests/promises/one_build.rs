//! One process builds for any number of concurrent ones.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};

use cached_smoke::Outcome;
use test_support::{Done, Run, Sandbox, Started};

use crate::Reports;

#[cfg(unix)]
const MANY: usize = 64;

/// Starts [`MANY`] processes of one run, which ask at one moment for artifacts that do not exist.
#[cfg(unix)]
fn at_one_moment<'a>(sandbox: &'a Sandbox, settings: impl Fn(Run<'a>) -> Run<'a>) -> Vec<Done> {
    let arrivals = sandbox.pipe();
    let barrier = fs::File::create(sandbox.path("barrier")).unwrap();
    barrier.lock().unwrap();
    let processes: Vec<_> = (0..MANY)
        .map(|_| {
            let run = settings(sandbox.run_within("one", "both"));
            run.env("SUBJECT_ARRIVALS", &arrivals).env("SUBJECT_BARRIER", sandbox.path("barrier")).start()
        })
        .collect();
    // Opened for writing as well: so it does not end when the first process closes it.
    let mut arrived = fs::File::options().read(true).write(true).open(&arrivals).unwrap();
    arrived.read_exact(&mut [0; MANY]).unwrap();
    barrier.unlock().unwrap();
    processes.into_iter().map(Started::done).collect()
}

#[cfg(unix)]
#[test]
fn concurrent_processes_build_each_artifact_once() {
    let sandbox = Sandbox::new();
    let done = at_one_moment(&sandbox, |run| run);
    assert!(done.iter().all(|done| done.passed), "{}", done[0].stderr);
    assert_eq!(sandbox.take_builds(), ["build lengths", "build words"]);

    // Each record is a separate line, although all were written at one moment.
    let written = fs::read_to_string(sandbox.cache().join(".runs/one/telemetry.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), MANY);
    let reports = &done.last().unwrap().reports();
    let count =
        |outcome| reports.iter().flat_map(|report| &report.artifacts).filter(|one| one.outcome == outcome).count();
    assert_eq!((count(Outcome::Built), count(Outcome::Shared)), (2, 2 * MANY - 2));
}

/// Kills eight processes that build one of the artifacts, each a random time after it began: while it builds, saves,
/// publishes or loads, or in its test. A process that has ended by then is not killed.
#[cfg(unix)]
#[test]
fn others_take_over_from_randomly_killed_builders() {
    for (seed, artifact) in [(1, "words"), (2, "lengths")] {
        let sandbox = Sandbox::new();
        let mut random = fastrand::Rng::with_seed(seed);
        fs::create_dir(sandbox.path("deaths")).unwrap();
        for number in 0..8 {
            let microseconds = random.u32(..10_000).to_string();
            fs::write(sandbox.path(&format!("deaths/{number}")), microseconds).unwrap();
        }
        let deaths = sandbox.path("deaths");
        let done = at_one_moment(&sandbox, |run| run.env("SUBJECT_DIE_IN", artifact).env("SUBJECT_DEATHS", &deaths));
        let failed: Vec<_> = done.iter().filter(|done| !done.passed).collect();
        assert!((1..=8).contains(&failed.len()), "{} of the processes that build were killed", failed.len());
        // Each was killed before it could report a failure.
        assert!(failed.iter().all(|done| !done.stdout.contains("FAILED")), "{}", failed[0].stderr);
        sandbox.take_log();
        let next = sandbox.run("both").passes();
        assert_eq!((next.outcome("words"), next.outcome("lengths")), (Outcome::Hit, Outcome::Hit));
        assert_eq!(fs::read_dir(sandbox.cache().join(".staging")).unwrap().count(), 0, "swept");
    }
}

#[test]
fn concurrent_threads_build_and_load_each_artifact_once() {
    let sandbox = Sandbox::new();
    sandbox.run("by_many_threads").passes();
    assert_eq!(sandbox.take_builds(), ["build lengths", "build words"]);
    sandbox.run("by_many_threads").passes();
    assert_eq!(sandbox.take_log(), ["load lengths", "load words"]);
}

#[test]
fn second_session_of_a_process_reports_shared() {
    Sandbox::new().run("by_two_sessions").passes();
}

#[cfg(unix)]
#[test]
fn waiter_names_the_builder_and_takes_over_from_it() {
    let sandbox = Sandbox::new();
    let (builder, mut held) = sandbox.run_within("one", "only_words").start_until_in("words");
    held.write_all(b"wait").unwrap();

    // The timeout ends a waiter that prints nothing, so that this test fails instead of waiting.
    let mut waiter = sandbox.run_within("one", "only_words").env("SMOKE_LOCK_TIMEOUT", "60").start();
    let stderr = waiter.child.stderr.take().unwrap();
    let said = BufReader::new(stderr).lines().map_while(Result::ok).find(|line| line.contains("has waited"));
    let expected = format!("for `words` of bookshop: process {} has been building for", builder.child.id());
    let is_told = |line: &str| line.contains(&expected) && line.ends_with(": counting its words");
    assert!(said.as_deref().is_some_and(is_told), "{said:?}");

    builder.kill();
    let done = waiter.done();
    assert!(done.passed, "{}", done.stdout);
    assert_eq!(sandbox.take_builds(), ["build words", "build words"]);
    assert_eq!(done.outcome("words"), Outcome::Built);
    assert!(done.report("words").wait_seconds > 0.0);
}

#[cfg(unix)]
#[test]
fn wait_beyond_the_lock_timeout_ends_in_a_private_build() {
    let sandbox = Sandbox::new();
    let (builder, held) = sandbox.run_within("one", "only_words").start_until_in("words");

    let impatient = sandbox.run_within("two", "only_words").env("SMOKE_LOCK_TIMEOUT", "0").passes();
    assert_eq!(impatient.outcome("words"), Outcome::Bypassed);
    assert!(impatient.reason("words").contains("SMOKE_LOCK_TIMEOUT"));

    drop(held);
    assert_eq!(builder.done().outcome("words"), Outcome::Built);
}
