//! Fingerprints in another checkout, and in an archive of nextest.

use std::fs;
use std::process::Command;

use crate::workspace::Workspace;

/// Returns a workspace in a git repository that ignores the files of the tests.
fn workspace(name: &str, names: &str) -> Workspace {
    let workspace = Workspace::new(name, names, "app::answer()");
    workspace.write(".gitignore", "/home\n/cache\n/one\n*.zst\n");
    let init = Command::new("git").args(["init", "--quiet"]).arg(workspace.path("")).status().unwrap();
    assert!(init.success());
    workspace
}

#[test]
fn portable_fingerprint_is_equal_in_another_checkout() {
    let workspace = workspace("moved", "portable, \"src\"");
    workspace.is_built_for("first build");
    let first = workspace.path("");
    let workspace = workspace.moved();
    assert!(!first.exists() && workspace.path("src/lib.rs").exists());
    workspace.is_restored();
    workspace.counts("src/lib.rs", "one", "two", "code changed: file app/src/lib.rs changed");
    workspace.is_built_with(&["--features", "fancy"], "feature fancy is on");
}

#[cfg(unix)]
#[test]
fn remapped_paths_make_fingerprints_of_checkouts_equal() {
    // Like `RUSTFLAGS`, but only for the crates of the workspace, so that no other is compiled again.
    let place = tempfile::tempdir().unwrap();
    let wrapper = place.path().join("wrapper.sh");
    test_support::write_executable(&wrapper, "#!/bin/sh\nexec \"$@\" --remap-path-prefix=\"$PWD=.\"\n");
    let mut workspace = workspace("remapped", "\"src\"");
    workspace.set("RUSTC_WORKSPACE_WRAPPER", wrapper.to_str().unwrap());
    workspace.is_built_for("first build");
    let mut workspace = workspace.moved();
    workspace.is_restored();
    workspace.unset("RUSTC_WORKSPACE_WRAPPER");
    workspace.is_built_for("crate app changed");
}

#[test]
fn nextest_archive_keeps_its_key() {
    let workspace = workspace("archived", "\"src\", \"tests/support\"");
    workspace.is_built_for("first build");
    let Some(mut archive) = workspace.nextest("archive", &["--archive-file", "tests.tar.zst"]) else { return };
    assert!(archive.status().unwrap().success());

    // In another directory, whose code has changed since. The archive runs the old code.
    let workspace = workspace.moved();
    workspace.replace("src/lib.rs", "one", "two");
    let root = workspace.path("").to_str().unwrap().to_owned();
    let run =
        workspace.nextest("run", &["--archive-file", "tests.tar.zst", "--no-capture", "--workspace-remap", &root]);
    assert_eq!(workspace.reasons(run.unwrap()), [""; 0]);
    // Also without the sources.
    fs::remove_dir_all(workspace.path("tests")).unwrap();
    let run =
        workspace.nextest("run", &["--archive-file", "tests.tar.zst", "--no-capture", "--workspace-remap", &root]);
    assert_eq!(workspace.reasons(run.unwrap()), [""; 0]);
}
