//! A test that writes has its own copy of an artifact's files. No write reaches the entry or another copy.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use cached_smoke::Outcome;
use test_support::{Done, Sandbox, Started};

use crate::Reports;

const KEPT: &str = "[smoke-cache] kept the private copy of `shop`: ";

fn kept(done: &Done) -> PathBuf {
    let line = done.stderr.lines().find_map(|line| line.strip_prefix(KEPT));
    PathBuf::from(line.unwrap_or_else(|| panic!("no copy was kept: {}", done.stderr)))
}

/// Returns the number of files and directories for private copies, their locks included.
fn staged(sandbox: &Sandbox) -> usize {
    fs::read_dir(sandbox.cache().join(".staging")).map_or(0, Iterator::count)
}

/// Fails unless the entry's files are as they were built.
#[track_caller]
fn assert_entry_is_intact(sandbox: &Sandbox) {
    assert_eq!(fs::read(sandbox.entry_file("shop.db")).unwrap(), b"novel 1\n");
    assert_eq!(fs::read(sandbox.entry_file("shop.lock")).unwrap(), b"");
    assert_eq!(fs::metadata(sandbox.entry_file("shop.db")).unwrap().mode() & 0o222, 0, "read-only");
    let names = ["shop.db-wal", "shop.db-shm"];
    assert!(sandbox.entry_files().iter().all(|path| names.iter().all(|name| !path.ends_with(name))));
}

#[test]
fn writes_reach_neither_the_entry_nor_another_copy() {
    let sandbox = Sandbox::new();
    for expected in [Outcome::Built, Outcome::Hit] {
        let done = sandbox.run("sells_in_two_copies").passes();
        assert_eq!(done.outcome("shop"), expected);
        assert_eq!(done.warnings(), 0, "{}", done.stderr);
        assert_entry_is_intact(&sandbox);
        assert_eq!(staged(&sandbox), 0, "copies of a test that passes are removed");
    }
    assert_eq!(sandbox.take_builds(), ["build shop", "build words"]);
}

/// A process that only wants a copy makes one copy and loads it once.
#[test]
fn first_copy_is_loaded_once_and_never_from_the_entry() {
    let sandbox = Sandbox::new();
    sandbox.run("sells").passes();
    sandbox.take_log();
    sandbox.run("sells").passes();
    let log = sandbox.take_log();
    let loads: Vec<_> = log.iter().filter(|line| line.starts_with("load shop")).collect();
    assert_eq!(loads.len(), 1, "{log:?}");
    assert!(loads[0].contains("/.staging/"), "{log:?}");
}

#[test]
fn eight_processes_write_at_once() {
    let sandbox = Sandbox::new();
    sandbox.run("sells").passes();
    let arrivals = sandbox.pipe();
    let barrier = File::create(sandbox.path("barrier")).unwrap();
    barrier.lock().unwrap();
    let processes: Vec<Started> = (0..8)
        .map(|_| {
            let run = sandbox.run_within("one", "sells_in_two_copies");
            run.env("SUBJECT_ARRIVALS", &arrivals).env("SUBJECT_BARRIER", sandbox.path("barrier")).start()
        })
        .collect();
    let mut arrived = File::options().read(true).write(true).open(&arrivals).unwrap();
    arrived.read_exact(&mut [0; 8]).unwrap();
    barrier.unlock().unwrap();
    for done in processes.into_iter().map(Started::done) {
        assert!(done.passed, "{}\n{}", done.stdout, done.stderr);
    }
    assert_entry_is_intact(&sandbox);
    assert_eq!(staged(&sandbox), 0);
}

#[test]
fn copy_of_a_failed_test_is_kept_and_named() {
    let sandbox = Sandbox::new();
    let first = kept(&sandbox.run("sells_and_fails").fails());
    assert_eq!(fs::read_to_string(first.join("shop.db")).unwrap(), "novel 1\nsold\n");
    let second = kept(&sandbox.run("sells_and_fails").fails());
    assert!(second.is_dir() && !first.exists(), "one copy of each test is kept");
    sandbox.run("sells").passes();
    assert!(second.is_dir(), "a later run keeps it");

    let mark = second.parent().unwrap().with_extension("kept");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(8 * 24);
    File::options().write(true).open(&mark).unwrap().set_modified(long_ago).unwrap();
    sandbox.run("sells").passes();
    assert!(!second.exists(), "a copy of last week is removed");
    assert_eq!(staged(&sandbox), 0);
}

#[test]
fn copy_is_kept_on_request() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("keeps_its_copy").passes();
    let path = done.stdout.lines().find_map(|line| line.strip_prefix("kept=")).unwrap();
    assert_eq!(fs::read_to_string(Path::new(path).join("shop.db")).unwrap(), "novel 1\nsold\n");
}

#[test]
fn copy_of_a_killed_process_is_removed_by_the_next_run() {
    let sandbox = Sandbox::new();
    let (writer, _held) = sandbox.run("sells").start_until_in("sale");
    assert_eq!(staged(&sandbox), 2, "the directory and its lock");
    writer.kill();
    sandbox.run("sells").passes();
    assert_eq!(staged(&sandbox), 0);
}

#[test]
fn read_only_cache_is_copied_elsewhere() {
    let sandbox = Sandbox::new();
    sandbox.run("sells").without_privileges().passes();
    let run = sandbox.run("sells_in_two_copies").without_privileges();
    assert_eq!(run.env("SMOKE_CACHE", "read-only").passes().outcome("shop"), Outcome::Hit);
    assert_entry_is_intact(&sandbox);
}

#[test]
fn private_build_is_copied_as_well() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("sells_in_two_copies").env("SMOKE_CACHE", "off").passes();
    assert_eq!(done.outcome("shop"), Outcome::Bypassed);
    assert_eq!(sandbox.take_builds(), ["build shop", "build words"]);
}

/// The second copy is built once more, and so is the shared value.
#[test]
fn copy_is_built_again_if_its_entry_is_removed() {
    let sandbox = Sandbox::new();
    let (writer, held) = sandbox.run("sells_in_two_copies").start_until_in("sale");
    fs::remove_dir_all(sandbox.cache().join("bookshop")).unwrap();
    drop(held);
    let done = writer.done();
    assert!(done.passed, "{}\n{}", done.stdout, done.stderr);
    assert_eq!(sandbox.take_builds(), ["build shop", "build shop", "build shop", "build words"]);
}

#[test]
fn copy_keeps_all_kinds_of_files() {
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        sandbox.run("sells_in_two_copies").env("SUBJECT_KINDS", "1").passes();
    }
}

/// An entry that is replaced during a copy: files of two builds must never meet in one copy.
#[test]
fn copy_is_never_of_two_builds() {
    let sandbox = Sandbox::new();
    sandbox.run("sells").passes();
    let writers: Vec<Started> = (0..2).map(|_| sandbox.run("copies_many_times").start()).collect();
    for _ in 0..12 {
        sandbox.run("sells").env("SMOKE_FORCE_REBUILD", "all").passes();
    }
    for done in writers.into_iter().map(Started::done) {
        assert!(done.passed, "{}\n{}", done.stdout, done.stderr);
        assert_eq!(done.warnings(), 0, "{}", done.stderr);
    }
}
