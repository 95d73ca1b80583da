//! A builder that is killed leaves an artifact or none, and what it leaves behind is swept.

use std::fs;

use cached_smoke::Outcome;
use test_support::Sandbox;

use crate::Reports;

#[cfg(unix)]
#[test]
fn killed_in_its_build_it_leaves_nothing_and_the_next_run_sweeps() {
    let sandbox = Sandbox::new();
    let (builder, _held) = sandbox.run("only_words").start_until_in("words");
    builder.kill();
    let staged = || fs::read_dir(sandbox.cache().join(".staging")).unwrap().count();
    assert_eq!(sandbox.entry_files().len(), 0);
    assert_eq!(staged(), 2, "the directory and its lock");

    assert_eq!(sandbox.run("only_words").passes().outcome("words"), Outcome::Built);
    assert_eq!(staged(), 0);
}

/// The system calls that change what is on disk, or who holds a lock: between two of them, every moment is the same.
#[cfg(target_os = "linux")]
const CHANGES: [&str; 18] = [
    "mkdir",
    "mkdirat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "write",
    "pwrite64",
    "copy_file_range",
    "fsync",
    "fdatasync",
    "ftruncate",
    "chmod",
    "fchmod",
    "fchmodat",
    "flock",
];

/// For each of the calls: killed at its first, at its second, and so on, until the test gets through.
#[cfg(target_os = "linux")]
#[test]
fn killed_at_any_change_of_the_disk_it_leaves_an_artifact_or_none() {
    if !test_support::can_trace() {
        return;
    }
    let sandbox = Sandbox::without_git();
    let mut kills = 0;
    for call in CHANGES {
        for number in 1.. {
            let (trace, kill) = (format!("trace={call}"), format!("inject={call}:signal=KILL:when={number}"));
            let strace = ["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &kill];
            let first = sandbox.run("both").wrapped("strace", &strace).done();
            if first.passed {
                break;
            }
            kills += 1;
            next_run_finds_an_artifact_or_none(&sandbox, &format!("killed at {call} number {number}"));
            fs::remove_dir_all(sandbox.cache()).unwrap();
        }
        let _ = fs::remove_dir_all(sandbox.cache());
    }
    assert!(kills > 50, "there is more to be killed at: {kills}");
}

/// What is replaced is taken away in an order, too: its manifest first.
#[cfg(target_os = "linux")]
#[test]
fn killed_while_it_replaces_an_artifact_it_leaves_the_old_one_the_new_one_or_none() {
    if !test_support::can_trace() {
        return;
    }
    let sandbox = Sandbox::without_git();
    let mut kills = 0;
    for call in ["rename", "renameat", "renameat2", "fsync", "fdatasync"] {
        for number in 1.. {
            sandbox.run("both").passes();
            let (trace, kill) = (format!("trace={call}"), format!("inject={call}:signal=KILL:when={number}"));
            let strace = ["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &kill];
            let forced = sandbox.run("both").env("SMOKE_FORCE_REBUILD", "all").wrapped("strace", &strace).done();
            if forced.passed {
                break;
            }
            kills += 1;
            next_run_finds_an_artifact_or_none(&sandbox, &format!("killed at {call} number {number}"));
        }
    }
    assert!(kills > 10, "there is more to be killed at: {kills}");
}

#[cfg(target_os = "linux")]
#[track_caller]
fn next_run_finds_an_artifact_or_none(sandbox: &Sandbox, when: &str) {
    // The test compares what it is given with what was built.
    let next = sandbox.run("both").passes();
    for artifact in ["words", "lengths"] {
        let outcome = next.outcome(artifact);
        assert!([Outcome::Hit, Outcome::Built].contains(&outcome), "{when}: {artifact}: {outcome:?}");
        assert!(sandbox.entry_file(&format!("{artifact}.json")).is_file(), "{when}");
    }
    assert!(!next.stderr.contains("warning"), "{when}: {}", next.stderr);
    let trash = fs::read_dir(sandbox.cache().join(".trash")).into_iter().flatten().flatten();
    let damaged: Vec<_> = trash.filter(|entry| entry.file_name().to_string_lossy().starts_with("damaged-")).collect();
    assert!(damaged.is_empty(), "{when}: what was half-written was taken for an artifact: {damaged:?}");
    assert_eq!(fs::read_dir(sandbox.cache().join(".staging")).map_or(0, Iterator::count), 0, "{when}: swept");
}

#[test]
fn files_without_their_manifest_are_built_again() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    // As if the machine had stopped right before the commit.
    for manifest in ["words.json", "lengths.json"] {
        fs::remove_file(sandbox.entry_file(manifest)).unwrap();
    }
    let done = sandbox.run("both").passes();
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Built, Outcome::Built));
    assert_eq!(sandbox.run("both").passes().outcome("words"), Outcome::Hit);
}
