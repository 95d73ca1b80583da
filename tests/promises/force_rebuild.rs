//! `SMOKE_FORCE_REBUILD` rebuilds each artifact once per run.

use cached_smoke::Outcome;
use test_support::{Sandbox, Started};

use crate::Reports;

#[test]
fn each_artifact_is_rebuilt_once_per_run() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    sandbox.take_log();
    for run in ["one", "two"] {
        let start = || sandbox.run_within(run, "both").env("SMOKE_FORCE_REBUILD", "bookshop").start();
        let processes: Vec<_> = (0..6).map(|_| start()).collect();
        let done: Vec<_> = processes.into_iter().map(Started::done).collect();
        assert!(done.iter().all(|done| done.passed), "{}", done[0].stderr);
        assert_eq!(sandbox.take_builds(), ["build lengths", "build words"], "run {run}");
        let reports = &done.last().unwrap().reports();
        let forced = reports.iter().flat_map(|report| &report.artifacts).filter(|one| one.outcome == Outcome::Forced);
        assert_eq!(forced.count(), 2);
    }
    assert_eq!(sandbox.run("both").passes().outcome("words"), Outcome::Hit);
}

#[cfg(unix)]
#[test]
fn killed_forced_build_is_repeated() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    let forced = || sandbox.run_within("one", "only_words").env("SMOKE_FORCE_REBUILD", "all");
    let (builder, _held) = forced().start_until_in("words");
    builder.kill();
    sandbox.take_log();
    forced().passes();
    assert_eq!(sandbox.take_builds(), ["build words"]);
    forced().passes();
    assert!(sandbox.take_builds().is_empty());
}

#[test]
fn read_only_cache_is_a_hit_and_a_warning() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    let done = sandbox.run("only_words").env("SMOKE_FORCE_REBUILD", "all").env("SMOKE_CACHE", "read-only").passes();
    assert_eq!(done.outcome("words"), Outcome::Hit);
    assert!(done.stderr.contains("SMOKE_FORCE_REBUILD replaces nothing"), "{}", done.stderr);
}

/// The relocatable artifacts of two repositories at one commit have keys with the same digest.
#[test]
fn equal_repositories_are_both_rebuilt() {
    let sandbox = Sandbox::new();
    let twin = sandbox.path("twin");
    sandbox.git(&["clone", "--quiet", sandbox.repo().to_str().unwrap(), twin.to_str().unwrap()]);
    sandbox.write_smoke_toml(&format!("[repos.scikit-learn]\npath = '{}'\n", twin.display()));
    for settings in [("SMOKE_STRICT", "0"), ("SMOKE_FORCE_REBUILD", "all")] {
        sandbox.run("counts_two_repositories").env(settings.0, settings.1).passes();
        assert_eq!(sandbox.take_builds(), ["build count", "build count"], "{settings:?}");
    }
}

#[test]
fn all_means_every_repository_and_an_unknown_name_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    let all = sandbox.run("only_words").env("SMOKE_FORCE_REBUILD", "all").passes();
    assert_eq!(all.outcome("words"), Outcome::Forced);
    assert!(all.reason("words").contains("SMOKE_FORCE_REBUILD"));
    let unknown = sandbox.run("only_words").env("SMOKE_FORCE_REBUILD", "bokshop").fails();
    assert!(unknown.stderr.contains("`all`, or names among: bookshop"), "{}", unknown.stderr);
}

#[test]
fn open_files_of_a_replaced_entry_stay_valid() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    let before = std::fs::File::open(sandbox.entry_file("below/lengths")).unwrap();
    let text = std::io::read_to_string(&before).unwrap();
    sandbox.run("both").env("SMOKE_FORCE_REBUILD", "bookshop").passes();
    let mut again = before;
    std::io::Seek::rewind(&mut again).unwrap();
    assert_eq!(std::io::read_to_string(&again).unwrap(), text);
}
