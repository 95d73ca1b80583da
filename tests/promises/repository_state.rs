//! The state of the repository is a key input. Each kind of change is a miss with that reason, and its undo is a hit.

mod hidden;
#[cfg(unix)]
mod links;
#[cfg(unix)]
mod remembered;
mod whose_git;
mod without_git;

use std::fs::{self, File};
use std::path::Path;

use std::time::{Duration, SystemTime};

use cached_smoke::Outcome;
use test_support::Sandbox;

use crate::Reports;

/// Expects a miss after `change`, and a hit after `undo`.
#[track_caller]
fn counts(sandbox: &Sandbox, change: impl FnOnce(), undo: impl FnOnce()) {
    sandbox.run("only_count").passes();
    change();
    let changed = sandbox.run("only_count").passes();
    assert_eq!(changed.outcome("count"), Outcome::Built, "{}", changed.stdout);
    assert!(changed.reason("count").starts_with("repository changed: "), "{}", changed.reason("count"));
    undo();
    assert_eq!(sandbox.run("only_count").passes().outcome("count"), Outcome::Hit, "undone");
}

/// Expects a hit after `change`.
#[track_caller]
fn does_not_count(sandbox: &Sandbox, change: impl FnOnce()) {
    sandbox.run("only_count").passes();
    change();
    let changed = sandbox.run("only_count").passes();
    assert_eq!(changed.outcome("count"), Outcome::Hit, "{}", changed.stdout);
}

/// Overwrites a file. Returns a function that undoes this.
fn edit(file: &Path, text: &str) -> impl FnOnce() + use<> {
    let (file, original) = (file.to_owned(), fs::read(file).unwrap());
    fs::write(&file, text).unwrap();
    move || fs::write(file, original).unwrap()
}

#[test]
fn commit_changes_the_key() {
    let sandbox = Sandbox::new();
    counts(
        &sandbox,
        || sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "another"]),
        || sandbox.git(&["reset", "--quiet", "--hard", "HEAD~1"]),
    );
}

#[test]
fn staged_edit_changes_the_key() {
    let sandbox = Sandbox::new();
    let change = || {
        fs::write(sandbox.repo().join("a.txt"), "another novel\n").unwrap();
        sandbox.git(&["add", "a.txt"]);
    };
    counts(&sandbox, change, || sandbox.git(&["reset", "--quiet", "--hard"]));
}

#[test]
fn staged_edit_undone_in_the_work_tree_changes_the_key() {
    let sandbox = Sandbox::new();
    let change = || {
        let undo = edit(&sandbox.repo().join("a.txt"), "another novel\n");
        sandbox.git(&["add", "a.txt"]);
        undo();
    };
    counts(&sandbox, change, || sandbox.git(&["reset", "--quiet"]));
}

#[test]
fn unstaged_edit_changes_the_key() {
    let sandbox = Sandbox::new();
    let file = sandbox.repo().join("a.txt");
    let original = fs::read(&file).unwrap();
    counts(&sandbox, || fs::write(&file, "another novel\n").unwrap(), || fs::write(&file, &original).unwrap());
}

#[test]
fn edit_with_equal_size_and_time_changes_the_key() {
    let sandbox = Sandbox::new();
    let file = sandbox.repo().join("a.txt");
    let write = |content: &[u8]| {
        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        fs::write(&file, content).unwrap();
        File::options().append(true).open(&file).unwrap().set_modified(modified).unwrap();
    };
    let original = fs::read(&file).unwrap();
    let same_size: Vec<u8> = original.iter().rev().copied().collect();
    assert_ne!(original, same_size);
    counts(&sandbox, || write(&same_size), || write(&original));

    // Long before the commit, so that git does not need to read the file again, and under settings with few checks.
    let an_hour_ago = SystemTime::now() - Duration::from_hours(1);
    File::options().append(true).open(&file).unwrap().set_modified(an_hour_ago).unwrap();
    sandbox.git(&["update-index", "--refresh"]);
    // git compares times in whole seconds.
    let index = fs::metadata(sandbox.repo().join(".git/index")).unwrap().modified().unwrap();
    while index.elapsed().unwrap_or_default() < Duration::from_secs(1) {
        std::thread::sleep(Duration::from_millis(10));
    }
    sandbox.git(&["config", "core.trustctime", "false"]);
    sandbox.git(&["config", "core.checkStat", "minimal"]);
    let another = original.to_ascii_uppercase();
    counts(&sandbox, || write(&another), || write(&original));
}

#[test]
fn untracked_and_deleted_files_change_the_key() {
    let sandbox = Sandbox::new();
    let file = sandbox.repo().join("new.txt");
    counts(&sandbox, || fs::write(&file, "x").unwrap(), || fs::remove_file(&file).unwrap());
    fs::write(&file, "x").unwrap();
    sandbox.commit();
    counts(&sandbox, || fs::remove_file(&file).unwrap(), || fs::write(&file, "x").unwrap());
}

#[test]
fn end_of_a_large_modified_file_changes_the_key() {
    let sandbox = Sandbox::new();
    let file = sandbox.repo().join("large.txt");
    fs::write(&file, "x\n".repeat(500_000)).unwrap();
    let longer = "x\n".repeat(499_999) + "y\n";
    counts(&sandbox, || fs::write(&file, &longer).unwrap(), || fs::write(&file, "x\n".repeat(500_000)).unwrap());
}

#[test]
fn ignored_file_in_an_untracked_directory_changes_nothing() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.repo().join("new")).unwrap();
    fs::write(sandbox.repo().join("new/n.txt"), "x").unwrap();
    does_not_count(&sandbox, || fs::write(sandbox.repo().join("new/n.log"), "x").unwrap());
}

#[test]
fn moved_file_and_unfinished_merge_change_the_key() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "status.renames", "copies"]);
    counts(&sandbox, || sandbox.git(&["mv", "a.txt", "b.txt"]), || sandbox.git(&["mv", "b.txt", "a.txt"]));
    sandbox.git(&["checkout", "--quiet", "-b", "other"]);
    fs::write(sandbox.repo().join("a.txt"), "other\n").unwrap();
    sandbox.commit();
    sandbox.git(&["checkout", "--quiet", "main"]);
    fs::write(sandbox.repo().join("a.txt"), "main\n").unwrap();
    sandbox.commit();
    let conflict = || {
        // git fails, because there is a conflict.
        let merged =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| sandbox.git(&["merge", "--quiet", "other"])));
        assert!(merged.is_err());
    };
    counts(&sandbox, conflict, || sandbox.git(&["merge", "--abort"]));
    conflict();
    let file = sandbox.repo().join("a.txt");
    let marked = fs::read(&file).unwrap();
    counts(&sandbox, || fs::write(&file, "half of it\n").unwrap(), || fs::write(&file, &marked).unwrap());
}

#[test]
fn ignored_file_does_not_change_the_key() {
    let sandbox = Sandbox::new();
    does_not_count(&sandbox, || fs::write(sandbox.repo().join("ignored.log"), "x").unwrap());
}

/// Returns a repository with git, and one without.
#[cfg(unix)]
fn two_repositories() -> [Sandbox; 2] {
    let plain = Sandbox::without_repository();
    fs::create_dir(plain.repo()).unwrap();
    fs::write(plain.repo().join("a.txt"), "novel").unwrap();
    [Sandbox::new(), plain]
}

#[cfg(unix)]
#[test]
fn mode_bit_changes_the_key() {
    use std::os::unix::fs::PermissionsExt;
    for sandbox in two_repositories() {
        let file = sandbox.repo().join("a.txt");
        let set = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        set(0o644);
        counts(&sandbox, || set(0o755), || set(0o644));
    }
}

#[cfg(unix)]
#[test]
fn link_target_changes_the_key() {
    for sandbox in two_repositories() {
        let link = sandbox.repo().join("link");
        let point = |target: &str| {
            let _ = fs::remove_file(&link);
            std::os::unix::fs::symlink(target, &link).unwrap();
        };
        point("a.txt");
        counts(&sandbox, || point("nowhere"), || point("a.txt"));
    }
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink("a.txt", sandbox.repo().join("link")).unwrap();
    sandbox.commit();
    let remove = || fs::remove_file(sandbox.repo().join("link")).unwrap();
    let point = |target: &str| std::os::unix::fs::symlink(target, sandbox.repo().join("link")).unwrap();
    let change = |target: &'static str| {
        move || {
            remove();
            point(target);
        }
    };
    counts(&sandbox, change("nowhere"), change("a.txt"));
}

#[cfg(unix)]
#[test]
fn file_with_an_unusual_name_changes_the_key() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::new();
    for name in [&b"with\na newline"[..], b"\xff\xfe", b" -> ", b"\"quoted\"\t"] {
        let file = sandbox.repo().join(std::ffi::OsStr::from_bytes(name));
        counts(&sandbox, || fs::write(&file, "x").unwrap(), || fs::remove_file(&file).unwrap());
        fs::write(&file, "x").unwrap();
        counts(&sandbox, || fs::write(&file, "y").unwrap(), || fs::write(&file, "x").unwrap());
        sandbox.commit();
        counts(&sandbox, || fs::write(&file, "y").unwrap(), || fs::write(&file, "x").unwrap());
    }
}

/// Returns a sandbox whose repository has a submodule `sub` of two commits.
fn with_submodule() -> Sandbox {
    let sandbox = Sandbox::new();
    let source = sandbox.path("source");
    fs::create_dir(&source).unwrap();
    let in_source = |arguments: &[&str]| sandbox.git(&[&["-C", source.to_str().unwrap()], arguments].concat());
    in_source(&["init", "--quiet", "--initial-branch=main"]);
    fs::write(source.join("s.txt"), "s").unwrap();
    in_source(&["add", "--all"]);
    in_source(&["commit", "--quiet", "--message", "first"]);
    in_source(&["commit", "--quiet", "--allow-empty", "--message", "second"]);
    sandbox.git(&["submodule", "--quiet", "add", source.to_str().unwrap(), "sub"]);
    sandbox.commit();
    sandbox
}

#[test]
fn submodule_at_another_commit_changes_the_key() {
    let sandbox = with_submodule();
    let go = |to: &str| sandbox.git(&["-C", "sub", "checkout", "--quiet", to]);
    counts(&sandbox, || go("HEAD~1"), || go("main"));
}

#[test]
fn edit_and_new_file_in_a_submodule_change_the_key() {
    let sandbox = with_submodule();
    let (file, new) = (sandbox.repo().join("sub/s.txt"), sandbox.repo().join("sub/new.txt"));
    counts(&sandbox, || fs::write(&file, "t").unwrap(), || fs::write(&file, "s").unwrap());
    counts(&sandbox, || fs::write(&new, "n").unwrap(), || fs::remove_file(&new).unwrap());
    fs::write(&file, "t").unwrap();
    counts(&sandbox, || fs::write(&file, "u").unwrap(), || fs::write(&file, "t").unwrap());
}

#[test]
fn absent_submodule_and_files_in_its_place_change_the_key() {
    let sandbox = with_submodule();
    let sub = sandbox.repo().join("sub");
    counts(
        &sandbox,
        || sandbox.git(&["submodule", "--quiet", "deinit", "--force", "sub"]),
        || sandbox.git(&["submodule", "--quiet", "update", "--init", "sub"]),
    );
    sandbox.git(&["submodule", "--quiet", "deinit", "--force", "sub"]);
    let stray = sub.join("stray.txt");
    counts(&sandbox, || fs::write(&stray, "x").unwrap(), || fs::remove_file(&stray).unwrap());
    fs::write(&stray, "x").unwrap();
    counts(&sandbox, || fs::write(&stray, "y").unwrap(), || fs::write(&stray, "x").unwrap());
}

#[test]
fn assume_unchanged_file_in_a_submodule_changes_the_key() {
    let sandbox = with_submodule();
    sandbox.git(&["-C", "sub", "update-index", "--assume-unchanged", "s.txt"]);
    let file = sandbox.repo().join("sub/s.txt");
    counts(&sandbox, || fs::write(&file, "t").unwrap(), || fs::write(&file, "s").unwrap());
}

#[cfg(unix)]
#[test]
fn directory_replaced_by_a_file_or_link_changes_the_key() {
    let sandbox = Sandbox::new();
    let below = sandbox.repo().join("below");
    fs::create_dir(&below).unwrap();
    fs::write(below.join("b.txt"), "b").unwrap();
    sandbox.commit();
    let original = sandbox.path("original");
    let take_away = || fs::rename(&below, &original).unwrap();
    let put_back = || {
        fs::remove_file(&below).unwrap();
        fs::rename(&original, &below).unwrap();
    };
    let become_a_file = || {
        take_away();
        fs::write(&below, "x").unwrap();
    };
    counts(&sandbox, become_a_file, put_back);
    let outside = sandbox.path("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("b.txt"), "outside").unwrap();
    let become_a_link = || {
        take_away();
        std::os::unix::fs::symlink(&outside, &below).unwrap();
    };
    counts(&sandbox, become_a_link, put_back);
    become_a_link();
    let file = outside.join("b.txt");
    counts(&sandbox, || fs::write(&file, "edited").unwrap(), || fs::write(&file, "outside").unwrap());
}

#[cfg(unix)]
#[test]
fn link_replaced_by_a_file_with_its_text_changes_the_key() {
    let sandbox = Sandbox::new();
    let link = sandbox.repo().join("link");
    std::os::unix::fs::symlink("a.txt", &link).unwrap();
    sandbox.commit();
    sandbox.git(&["config", "core.symlinks", "false"]);
    let become_a_file = || {
        fs::remove_file(&link).unwrap();
        fs::write(&link, "a.txt").unwrap();
    };
    let become_a_link = || {
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("a.txt", &link).unwrap();
    };
    counts(&sandbox, become_a_file, become_a_link);
}

#[test]
fn linked_work_tree_counts_by_its_own_files() {
    let sandbox = Sandbox::new();
    let tree = sandbox.path("tree");
    sandbox.git(&["worktree", "add", "--quiet", "--detach", tree.to_str().unwrap()]);
    fs::write(sandbox.path("project/smoke.toml"), format!("[repos.bookshop]\npath = {tree:?}")).unwrap();
    does_not_count(&sandbox, || fs::write(sandbox.repo().join("a.txt"), "in the main one").unwrap());
    does_not_count(&sandbox, || fs::write(tree.join("ignored.log"), "x").unwrap());
    let new = tree.join("new.txt");
    counts(&sandbox, || fs::write(&new, "x").unwrap(), || fs::remove_file(&new).unwrap());
}

#[test]
fn clone_depth_does_not_change_the_key() {
    let sandbox = Sandbox::new();
    does_not_count(&sandbox, || sandbox.git(&["checkout", "--quiet", "--detach"]));
    let shallow = sandbox.path("shallow");
    let url = format!("file://{}", sandbox.repo().display());
    sandbox.git(&["clone", "--quiet", "--depth", "1", &url, shallow.to_str().unwrap()]);
    does_not_count(&sandbox, || {
        fs::write(sandbox.path("project/smoke.toml"), format!("[repos.bookshop]\npath = {shallow:?}")).unwrap();
    });
}

#[test]
fn every_file_counts_before_the_first_commit() {
    let sandbox = Sandbox::without_repository();
    fs::create_dir(sandbox.repo()).unwrap();
    sandbox.git(&["init", "--quiet"]);
    let file = sandbox.repo().join("a.txt");
    fs::write(&file, "novel").unwrap();
    let first = sandbox.run("only_count").passes();
    assert!(first.report("count").key.starts_with("bookshop:unborn+dirty:"), "{}", first.report("count").key);
    counts(&sandbox, || fs::write(&file, "another").unwrap(), || fs::write(&file, "novel").unwrap());
}

#[test]
fn every_file_counts_without_git() {
    let sandbox = Sandbox::without_repository();
    fs::create_dir_all(sandbox.repo().join("below/deep")).unwrap();
    let file = sandbox.repo().join("below/deep/a.txt");
    fs::write(&file, "novel").unwrap();
    fs::write(sandbox.repo().join("top.txt"), "").unwrap();
    counts(&sandbox, || fs::write(&file, "lovel").unwrap(), || fs::write(&file, "novel").unwrap());
    let hidden = sandbox.repo().join(".hidden");
    counts(&sandbox, || fs::write(&hidden, "x").unwrap(), || fs::remove_file(&hidden).unwrap());
    let moved = sandbox.repo().join("below/a.txt");
    counts(&sandbox, || fs::rename(&file, &moved).unwrap(), || fs::rename(&moved, &file).unwrap());
    counts(&sandbox, || fs::remove_file(&file).unwrap(), || fs::write(&file, "novel").unwrap());
}

#[cfg(unix)]
#[test]
fn unreadable_folder_is_an_error_that_names_it() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::without_repository();
    let closed = sandbox.repo().join("closed");
    fs::create_dir_all(&closed).unwrap();
    fs::write(closed.join("a.txt"), "").unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let done = sandbox.run("only_count").without_privileges().fails();
    assert!(done.stderr.contains(&format!("list the directory {}", closed.display())), "{}", done.stderr);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn folder_unreadable_by_git_is_an_error_that_names_it() {
    use std::os::unix::fs::PermissionsExt;
    for is_tracked in [false, true] {
        let sandbox = Sandbox::new();
        let closed = sandbox.repo().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::write(closed.join("c.txt"), "c").unwrap();
        if is_tracked {
            sandbox.commit();
        }
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
        let done = sandbox.run("only_count").without_privileges().fails();
        assert!(done.stderr.contains("closed") && done.stderr.contains("Permission denied"), "{}", done.stderr);
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
        sandbox.run("only_count").without_privileges().passes();
    }
}
