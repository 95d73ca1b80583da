#![cfg(unix)]

use std::fs;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;

fn command(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=n", "-c", "user.email=e@e", "-c", "core.quotePath=false", "-C"]).arg(directory);
    command
}

fn git(directory: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = command(directory).args(arguments).stderr(Stdio::null()).output().expect("git");
    assert!(output.status.success(), "git {arguments:?}");
    output.stdout
}

/// Returns a repository with files of all kinds in its index.
fn repository(arguments: &[&str]) -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let root = directory.path();
    git(root, &[&["init", "--quiet", "--initial-branch=main"], arguments].concat());
    let long = "x".repeat(200);
    for name in [
        "a",
        "b/c",
        "b/d e",
        "b/ä",
        "b/c.d/e",
        "z\n",
        "executable",
        &format!("{long}/{long}/{long}/{}", "y".repeat(250)),
    ] {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, name).expect("written");
    }
    git(root, &["add", "."]);
    git(root, &["update-index", "--chmod=+x", "executable"]);
    git(root, &["update-index", "--assume-unchanged", "b/c"]);
    fs::write(root.join("later"), "").expect("written");
    git(root, &["add", "--intent-to-add", "later"]);
    std::os::unix::fs::symlink("a", root.join("link")).expect("linked");
    git(root, &["add", "link"]);
    directory
}

/// Expects the lines that git prints.
#[track_caller]
fn is_read(root: &Path) {
    let printed = git(root, &["ls-files", "-v", "--stage", "-z"]);
    let expected: Vec<&[u8]> = printed.split(|byte| *byte == 0).filter(|line| !line.is_empty()).collect();
    assert!(!expected.is_empty());
    assert_eq!(lines(root).expect("a plain index"), expected);
}

#[test]
fn each_version_is_read_as_git_prints_it() {
    for version in ["2", "3", "4"] {
        let directory = repository(&[]);
        git(directory.path(), &["update-index", "--index-version", version]);
        is_read(directory.path());
    }
}

#[test]
fn conflicts_and_submodules_are_read() {
    let directory = repository(&[]);
    let root = directory.path();
    // git merges nothing while a file is only intended to be added.
    git(root, &["add", "later"]);
    git(root, &["commit", "--quiet", "--message", "one"]);
    git(root, &["checkout", "--quiet", "-b", "other"]);
    for (branch, text) in [("other", "2"), ("main", "3")] {
        git(root, &["checkout", "--quiet", branch]);
        fs::write(root.join("a"), text).expect("written");
        git(root, &["commit", "--quiet", "--message", text, "a"]);
    }
    let mut merge = command(root);
    let merged = merge.args(["merge", "--quiet", "other"]).output().expect("git");
    assert!(!merged.status.success());
    assert!(!git(root, &["ls-files", "--unmerged"]).is_empty(), "{merged:?}");
    git(root, &["init", "--quiet", "sub"]);
    git(&root.join("sub"), &["commit", "--quiet", "--allow-empty", "--message", "first"]);
    git(root, &["add", "sub"]);
    is_read(root);
}

#[test]
fn repository_without_an_index_has_no_lines() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    git(directory.path(), &["init", "--quiet"]);
    assert_eq!(lines(directory.path()), Some(Vec::new()));
}

#[test]
fn unusual_formats_are_left_to_git() {
    let directory = repository(&[]);
    git(directory.path(), &["update-index", "--split-index"]);
    assert_eq!(lines(directory.path()), None);
    let directory = repository(&[]);
    git(directory.path(), &["update-index", "--skip-worktree", "a"]);
    assert_eq!(lines(directory.path()), None);
    let directory = repository(&["--object-format=sha256"]);
    assert_eq!(lines(directory.path()), None);
}

#[test]
fn damaged_index_is_left_to_git() {
    let directory = repository(&[]);
    let path = directory.path().join(".git/index");
    let good = fs::read(&path).expect("an index");
    for length in 0..good.len() {
        // A shorter file may only be valid if the lost bytes are an extension.
        let found = parse(&good[..length]);
        assert!(found.is_none_or(|found| found == parse(&good).expect("valid")), "{length} bytes");
    }
    // No byte makes it panic.
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..10_000 {
        let mut changed = good.clone();
        let position = random.usize(..changed.len());
        changed[position] = random.u8(..);
        drop(parse(&changed));
    }
    fs::remove_file(&path).expect("removed");
    fs::create_dir(&path).expect("made");
    assert_eq!(lines(directory.path()), None);
}
