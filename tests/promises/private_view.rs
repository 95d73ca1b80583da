//! A library that writes beside its data loads from a private view. The stored files do not change.
#![cfg(unix)]

use std::fs;

use cached_smoke::Outcome;
use test_support::{Sandbox, tamper};

use crate::Reports;

const WARNING: &str = "was loaded from a copy of its directory";

#[test]
fn index_with_a_lock_file_loads_without_privileges() {
    let sandbox = Sandbox::new();
    let cold = sandbox.run("reads_an_index").without_privileges().passes();
    assert_eq!(cold.outcome("index"), Outcome::Built);
    for words in [WARNING, "ermission denied", "PRIVATE_VIEW"] {
        assert!(cold.stderr.contains(words), "{words}: {}", cold.stderr);
    }
    assert_eq!(sandbox.take_builds(), ["build index"]);

    let warm = sandbox.run("reads_an_index").without_privileges().passes();
    assert_eq!(warm.outcome("index"), Outcome::Hit);
    assert_eq!(fs::read(sandbox.entry_file("index.lock")).unwrap(), b"", "the stored file is as it was");
    assert!(sandbox.entry_files().iter().all(|file| !file.ends_with("index.log")), "{:?}", sandbox.entry_files());
}

#[test]
fn declared_view_is_made_without_a_warning() {
    let sandbox = Sandbox::new();
    for expected in [Outcome::Built, Outcome::Hit] {
        let done = sandbox.run("reads_a_viewed_index").passes();
        assert_eq!(done.outcome("viewed_index"), expected);
        assert!(!done.stderr.contains("warning"), "{}", done.stderr);
        assert_eq!(sandbox.take_log().iter().filter(|line| *line == "load index").count(), 1);
    }
    assert_eq!(fs::read(sandbox.entry_file("index.lock")).unwrap(), b"", "the stored file is as it was, also for root");
    assert_eq!(
        fs::metadata(sandbox.entry_file("segments/large")).unwrap().len(),
        2 << 20,
        "nor is a large one changed"
    );
    sandbox.run("only_repo").passes();
    assert_eq!(fs::read_dir(sandbox.cache().join(".staging")).unwrap().count(), 0, "the next run has swept the views");
}

/// A run may have hundreds of tests, each with its own view.
#[test]
fn views_of_ended_tests_are_removed_within_a_run() {
    let sandbox = Sandbox::new();
    for _ in 0..4 {
        sandbox.run_within("one", "reads_a_viewed_index").passes();
        assert_eq!(fs::read_dir(sandbox.cache().join(".staging")).unwrap().count(), 2, "the last one and its lock");
    }
}

#[test]
fn index_loads_from_a_read_only_cache() {
    let sandbox = Sandbox::new();
    sandbox.run("reads_a_viewed_index").without_privileges().passes();
    sandbox.take_log();
    let done = sandbox.run("reads_a_viewed_index").without_privileges().env("SMOKE_CACHE", "read-only").passes();
    assert_eq!(done.outcome("viewed_index"), Outcome::Hit);
    assert!(sandbox.take_builds().is_empty());
}

/// Permissions do not keep a library of root from writing to stored files.
#[test]
fn modified_stored_file_is_named_with_its_likely_cause() {
    let sandbox = Sandbox::new();
    sandbox.run("only_lengths").passes();
    let file = sandbox.entry_file("below/lengths");
    tamper(&file, |_| b"1".to_vec());
    let done = sandbox.run("only_lengths").passes();
    assert_eq!(done.outcome("lengths"), Outcome::Built);
    for words in ["below/lengths was changed after it was stored", "a test or its library writes to it", "PRIVATE_VIEW"]
    {
        assert!(done.reason("lengths").contains(words), "{words}: {}", done.reason("lengths"));
    }
}
