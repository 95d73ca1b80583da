//! Tests pass in any state of the cache directory. If no directory can be used, the error names the variable to set.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cached_smoke::Outcome;
use test_support::{Done, Sandbox, give_to_another_user, is_root};

use crate::Reports;

const WARNING: &str = "cannot be written to, so nothing is kept";

#[track_caller]
fn assert_one_warning(done: &Done) {
    assert_eq!(done.stderr.matches(WARNING).count(), 1, "{}", done.stderr);
}

/// Makes `path` and all directories below it read-only.
fn make_read_only(path: &Path) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            make_read_only(&entry.unwrap().path());
        }
        fs::set_permissions(path, Permissions::from_mode(0o555)).unwrap();
    }
}

fn make_writable(path: &Path) {
    if path.is_dir() {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        for entry in fs::read_dir(path).unwrap() {
            make_writable(&entry.unwrap().path());
        }
    }
}

#[test]
fn read_only_directory_serves_hits_and_keeps_nothing() {
    let sandbox = Sandbox::new();
    sandbox.run("both").without_privileges().passes();
    let before = sandbox.entry_files();
    make_read_only(&sandbox.cache());

    let hits = sandbox.run("both").without_privileges().passes();
    assert!(hits.stdout.contains("cache_hit=1") && !hits.stderr.contains("warning"), "{}{}", hits.stdout, hits.stderr);
    assert_eq!(sandbox.take_builds().len(), 2, "those of the first run");
    let miss = sandbox.run("only_count").without_privileges().passes();
    assert_one_warning(&miss);
    assert_eq!(sandbox.entry_files(), before);
    make_writable(&sandbox.cache());
}

#[test]
fn empty_read_only_directory_is_a_warning() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.cache()).unwrap();
    make_read_only(&sandbox.cache());
    let done = sandbox.run("both").without_privileges().passes();
    assert_one_warning(&done);
    assert!(done.stdout.contains("cache_miss=1"), "{}", done.stdout);
    assert!(
        done.stderr
            .contains("help: free space, make the directory writable, or set SMOKE_CACHE_DIR to another directory"),
        "{}",
        done.stderr
    );
    make_writable(&sandbox.cache());
}

#[test]
fn directory_of_another_user_is_a_warning() {
    for (mode, can_be_read) in [(0o755, true), (0o700, false)] {
        let sandbox = Sandbox::new();
        sandbox.run("both").passes();
        sandbox.take_log();
        // As a user with a careless umask would have created it. Without this, the directories below are private.
        make_writable(&sandbox.cache());
        fs::set_permissions(sandbox.cache(), Permissions::from_mode(mode)).unwrap();
        if !give_to_another_user(&sandbox.cache()) {
            return;
        }
        let done = sandbox.run("both").without_privileges().passes();
        let whose = format!("its owner, user 54321, can write to the cache at {}", sandbox.cache().display());
        assert!(done.stderr.contains(&whose), "{mode:o}: {}", done.stderr);
        assert!(done.stderr.contains("set SMOKE_CACHE_DIR to a directory that you own"), "{}", done.stderr);
        assert_eq!(sandbox.take_builds().is_empty(), can_be_read, "{mode:o}: {}", done.stderr);
        assert_eq!(done.stderr.contains(WARNING), !can_be_read, "{mode:o}: {}", done.stderr);
    }
}

#[test]
fn file_at_its_path_is_a_warning_and_stays() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.cache(), "a file").unwrap();
    let done = sandbox.run("both").passes();
    assert_one_warning(&done);
    assert!(done.stdout.contains("cache_miss=1"), "{}", done.stdout);
    assert_eq!(fs::read(sandbox.cache()).unwrap(), b"a file");
}

#[test]
fn next_run_recreates_a_cache_deleted_during_a_build() {
    for artifact in ["words", "lengths"] {
        let sandbox = Sandbox::new();
        let (builder, held) = sandbox.run("both").start_until_in(artifact);
        fs::remove_dir_all(sandbox.cache()).unwrap();
        drop(held);
        let done = builder.done();
        assert!(done.passed, "{artifact}: {}{}", done.stdout, done.stderr);
        sandbox.run("both").passes();
        let again = sandbox.run("both").passes();
        assert_eq!((again.outcome("words"), again.outcome("lengths")), (Outcome::Hit, Outcome::Hit), "{artifact}");
    }
}

#[test]
fn cache_recreated_during_a_build_is_no_failure() {
    for artifact in ["words", "lengths"] {
        let sandbox = Sandbox::new();
        let (builder, held) = sandbox.run("both").start_until_in(artifact);
        fs::remove_dir_all(sandbox.cache()).unwrap();
        sandbox.run("only_count").passes();
        drop(held);
        let done = builder.done();
        assert!(done.passed, "{artifact}: {}{}", done.stdout, done.stderr);
    }
}

#[test]
fn cache_deleted_between_two_artifacts_is_no_failure() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    fs::remove_dir_all(sandbox.entry_file("lengths.json").parent().unwrap().join("lengths")).unwrap();
    // It has restored `words` from the directory that is removed now, and builds `lengths`.
    let (user, held) = sandbox.run("both").start_until_in("lengths");
    fs::remove_dir_all(sandbox.cache()).unwrap();
    drop(held);
    let done = user.done();
    assert!(done.passed, "{}{}", done.stdout, done.stderr);
}

#[test]
fn missing_home_directory_is_an_error_with_help() {
    let sandbox = Sandbox::new();
    if !is_root() {
        // An account has a home directory, even if `HOME` is not set.
        eprintln!("skipped: only root can become a user without a home directory");
        return;
    }
    let homeless = || sandbox.run("only_count").without_env("SMOKE_CACHE_DIR").without_env("HOME");
    let done = homeless().without_account().fails();
    let expected =
        "SMOKE_CACHE_DIR is ``, but must be set to an absolute path, because this user has no home directory";
    assert!(done.stderr.contains(expected), "{}", done.stderr);
    sandbox.run("only_count").without_env("HOME").without_account().passes();
}
