//! A killed builder leaves an artifact or none. The next run sweeps its leftovers.

use std::fs;

use cached_smoke::Outcome;
use test_support::Sandbox;

use crate::Reports;

#[cfg(unix)]
#[test]
fn killed_build_leaves_nothing_and_is_swept() {
    let sandbox = Sandbox::new();
    let (builder, _held) = sandbox.run("only_words").start_until_in("words");
    builder.kill();
    let staged = || fs::read_dir(sandbox.cache().join(".staging")).unwrap().count();
    assert_eq!(sandbox.entry_files().len(), 0);
    assert_eq!(staged(), 2, "the directory and its lock");

    assert_eq!(sandbox.run("only_words").passes().outcome("words"), Outcome::Built);
    assert_eq!(staged(), 0);
}

/// The system calls that change the disk or a lock. A kill between two of them is the same at each moment.
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

/// For each call: a kill at its first use, at its second, and so on, until the test passes.
#[cfg(target_os = "linux")]
#[test]
fn kill_at_any_write_leaves_an_artifact_or_none() {
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
    assert!(kills > 50, "only {kills} kills");
}

/// A replacement removes files in an order, too: the manifest first.
#[cfg(target_os = "linux")]
#[test]
fn kill_during_a_replacement_leaves_old_new_or_none() {
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
    assert!(kills > 10, "only {kills} kills");
}

#[cfg(target_os = "linux")]
#[track_caller]
fn next_run_finds_an_artifact_or_none(sandbox: &Sandbox, when: &str) {
    // The subject compares the artifacts that it receives with those that were built.
    let next = sandbox.run("both").passes();
    for artifact in ["words", "lengths"] {
        let outcome = next.outcome(artifact);
        assert!([Outcome::Hit, Outcome::Built].contains(&outcome), "{when}: {artifact}: {outcome:?}");
        assert!(sandbox.entry_file(&format!("{artifact}.json")).is_file(), "{when}");
    }
    assert!(!next.stderr.contains("warning"), "{when}: {}", next.stderr);
    let trash = fs::read_dir(sandbox.cache().join(".trash")).into_iter().flatten().flatten();
    let damaged: Vec<_> = trash.filter(|entry| entry.file_name().to_string_lossy().starts_with("damaged-")).collect();
    assert!(damaged.is_empty(), "{when}: a half-written artifact was published: {damaged:?}");
    assert_eq!(fs::read_dir(sandbox.cache().join(".staging")).map_or(0, Iterator::count), 0, "{when}: swept");
}

#[test]
fn files_without_a_manifest_are_a_miss() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    // As if the machine had stopped right before the rename of the manifest.
    for manifest in ["words.json", "lengths.json"] {
        fs::remove_file(sandbox.entry_file(manifest)).unwrap();
    }
    let done = sandbox.run("both").passes();
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Built, Outcome::Built));
    assert_eq!(sandbox.run("both").passes().outcome("words"), Outcome::Hit);
}
