//! A library that writes beside its data works from stored files, which stay as they are.
#![cfg(unix)]

use std::fs;

use cached_smoke::Outcome;
use test_support::{Sandbox, tamper};

use crate::Reports;

const WARNING: &str = "was loaded from a copy of its directory";

#[test]
fn an_index_with_a_lock_loads_for_an_ordinary_user() {
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
fn a_declared_view_is_made_at_once_and_without_a_word() {
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

/// A run may have hundreds of tests, each with a view of its own.
#[test]
fn views_of_tests_that_have_ended_do_not_pile_up_in_a_run() {
    let sandbox = Sandbox::new();
    for _ in 0..4 {
        sandbox.run_within("one", "reads_a_viewed_index").passes();
        assert_eq!(fs::read_dir(sandbox.cache().join(".staging")).unwrap().count(), 2, "the last one and its lock");
    }
}

#[test]
fn an_index_loads_from_a_cache_that_this_user_cannot_write_to() {
    let sandbox = Sandbox::new();
    sandbox.run("reads_a_viewed_index").without_privileges().passes();
    sandbox.take_log();
    let done = sandbox.run("reads_a_viewed_index").without_privileges().env("SMOKE_CACHE", "read-only").passes();
    assert_eq!(done.outcome("viewed_index"), Outcome::Hit);
    assert!(sandbox.take_builds().is_empty());
}

/// As root, nothing keeps a library from writing to stored files.
#[test]
fn a_stored_file_that_was_written_to_is_named_with_its_likely_cause() {
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
