//! Tests pass in an unusual environment.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cached_smoke::Outcome;
use test_support::{Done, Sandbox, compile_preload};

use crate::Reports;

/// As under `docker run --user 1000`, with the home directory of root.
#[test]
fn home_directory_unreadable_by_git_is_no_error() {
    let sandbox = Sandbox::new();
    let config = sandbox.path("home/.config");
    fs::create_dir_all(config.join("git")).unwrap();
    sandbox.run("only_repo").without_privileges().passes();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o000)).unwrap();
    let done = sandbox.run("both").without_privileges().passes();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(done.outcome("words"), Outcome::Built);
    assert_eq!(sandbox.run("both").without_privileges().passes().outcome("words"), Outcome::Hit);
}

#[test]
fn unreadable_directory_of_the_repository_is_an_error() {
    let sandbox = Sandbox::new();
    let hidden = sandbox.repo().join("hidden");
    fs::create_dir(&hidden).unwrap();
    fs::write(hidden.join("b.txt"), "b").unwrap();
    sandbox.run("only_repo").without_privileges().passes();
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o000)).unwrap();
    let done = sandbox.run("only_repo").without_privileges().fails();
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(done.stderr.contains("hidden"), "{}", done.stderr);
}

#[test]
fn occupied_path_of_private_builds_is_no_error() {
    let user = own_user();
    for kind in ["file", "dangling link", "link", "directory of all"] {
        let sandbox = Sandbox::new();
        let (temporary, elsewhere) = (sandbox.path("tmp"), sandbox.path("elsewhere"));
        fs::create_dir(&temporary).unwrap();
        let taken = temporary.join(format!("cached-smoke-{user}"));
        match kind {
            "file" => fs::write(&taken, "").unwrap(),
            "link" => {
                fs::create_dir(&elsewhere).unwrap();
                std::os::unix::fs::symlink(&elsewhere, &taken).unwrap();
            }
            "dangling link" => std::os::unix::fs::symlink(&elsewhere, &taken).unwrap(),
            _ => {
                fs::create_dir(&taken).unwrap();
                fs::set_permissions(&taken, fs::Permissions::from_mode(0o777)).unwrap();
            }
        }
        for cache in ["off", "read-write"] {
            let done =
                sandbox.run("both").env("TMPDIR", &temporary).env("SMOKE_CACHE", cache).env("NEXTEST", "1").passes();
            assert!(!done.stderr.contains("warning"), "{kind}: {}", done.stderr);
        }
        assert_eq!(
            fs::read_dir(&elsewhere).into_iter().flatten().count(),
            0,
            "{kind}: nothing is written behind a link"
        );
    }
}

fn own_user() -> u32 {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").unwrap().uid()
}

/// Runs a test with the cache and the private builds on a file system that has a fault of `tests/shim`.
fn with_fault(sandbox: &Sandbox, library: &Path, fault: &str, test: &str) -> Done {
    let temporary = sandbox.path("tmp");
    fs::create_dir_all(&temporary).unwrap();
    let below = format!("{}:{}", sandbox.cache().display(), temporary.display());
    let run = sandbox.run(test).env("TMPDIR", temporary).env("LD_PRELOAD", library);
    run.env("SHIM", fault).env("SHIM_BELOW", below).passes()
}

#[test]
fn without_locks_hits_are_served_and_misses_built_privately() {
    let sandbox = Sandbox::new();
    let Some(library) = compile_preload(include_str!("../shim/shim.rs"), &sandbox.path("")) else { return };
    let cold = with_fault(&sandbox, &library, "flock-enosys", "both");
    assert_eq!((cold.outcome("words"), cold.outcome("lengths")), (Outcome::Bypassed, Outcome::Bypassed));
    assert_eq!(cold.stderr.matches("warning").count(), 1, "{}", cold.stderr);
    assert!(cold.stderr.contains("file locks are not supported in the cache at"), "{}", cold.stderr);

    sandbox.run("both").passes();
    sandbox.take_log();
    let warm = with_fault(&sandbox, &library, "flock-enosys", "both");
    assert_eq!((warm.outcome("words"), warm.outcome("lengths")), (Outcome::Hit, Outcome::Hit));
    assert!(sandbox.take_builds().is_empty() && !warm.stderr.contains("warning"), "{}", warm.stderr);
}

#[test]
fn artifacts_are_kept_without_chmod_fsync_or_stable_inodes() {
    let directory = tempfile::tempdir().unwrap();
    let Some(library) = compile_preload(include_str!("../shim/shim.rs"), directory.path()) else { return };
    for (fault, warnings) in [("chmod-eperm", 1), ("fsync-einval", 0), ("unstable-inodes", 0), ("flock-ebadf", 0)] {
        let sandbox = Sandbox::new();
        let cold = with_fault(&sandbox, &library, fault, "both");
        assert_eq!((cold.outcome("words"), cold.outcome("lengths")), (Outcome::Built, Outcome::Built), "{fault}");
        assert_eq!(cold.stderr.matches("warning").count(), warnings, "{fault}: {}", cold.stderr);
        let warm = with_fault(&sandbox, &library, fault, "both");
        assert_eq!((warm.outcome("words"), warm.outcome("lengths")), (Outcome::Hit, Outcome::Hit), "{fault}");
        assert!(!warm.stderr.contains("warning"), "{fault}: {}", warm.stderr);
    }
}
