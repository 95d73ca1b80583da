#![cfg(unix)]

mod links;
mod sources;

use std::fs::File;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;

/// A repository, and the file of its stamps.
struct Fixture {
    directory: TempDir,
}

impl Fixture {
    fn without_git() -> Fixture {
        let fixture = Fixture { directory: tempfile::tempdir().expect("a temporary directory") };
        for (path, text) in [("a.txt", "a novel\n"), ("b/c.txt", "of manners\n"), ("ignored/d.txt", ""), ("e/f/g", "1")]
        {
            fixture.write(path, text);
        }
        fs::create_dir(fixture.root().join("empty")).expect("made");
        symlink("a.txt", fixture.root().join("link")).expect("linked");
        fixture
    }

    fn with_git() -> Fixture {
        let fixture = Fixture::without_git();
        fixture.write(".gitignore", "ignored/\n");
        fixture.write("ignored/tracked.txt", "all the same\n");
        fixture.git(&["init", "--quiet", "--initial-branch=main"]);
        fixture.git(&["add", "."]);
        fixture.git(&["add", "--force", "ignored/tracked.txt"]);
        fixture.git(&["commit", "--quiet", "--message", "first"]);
        fixture
    }

    fn root(&self) -> PathBuf {
        self.directory.path().canonicalize().expect("there").join("repo")
    }

    fn kept(&self) -> PathBuf {
        self.directory.path().join("kept")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root_to_be().join(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn root_to_be(&self) -> PathBuf {
        self.directory.path().join("repo")
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=n", "-c", "user.email=e@e", "-c", "protocol.file.allow=always", "-C"]);
        let status =
            command.arg(self.root_to_be()).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.expect("git").success(), "git {arguments:?}");
    }

    /// Takes the state at a time when no file is young.
    fn state(&self) -> RepoState {
        state(&self.root(), &self.kept(), later()).expect("a state")
    }

    fn is_unchanged(&self) -> bool {
        unchanged(&self.root(), &self.kept()).is_some()
    }

    /// Takes the stamps, makes a change, and expects new stamps and the right state.
    #[track_caller]
    fn sees(self, change: impl FnOnce(&Fixture)) {
        self.state();
        assert!(self.is_unchanged(), "no change yet");
        change(&self);
        assert!(!self.is_unchanged(), "the change is missed");
        assert_eq!(self.state(), RepoState::of(&self.root()).expect("a state"));
        assert!(self.is_unchanged(), "the new stamps are kept");
    }

    #[track_caller]
    fn keeps_nothing(self) {
        self.state();
        assert!(!self.kept().exists());
    }
}

fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(10)
}

#[test]
fn edits_in_the_work_tree_are_seen() {
    for fixture in [Fixture::with_git, Fixture::without_git] {
        fixture().sees(|it| it.write("a.txt", "another novel\n"));
        fixture().sees(|it| it.write("b/new.txt", ""));
        fixture().sees(|it| it.write("empty/new.txt", ""));
        fixture().sees(|it| it.write("new/new/new.txt", ""));
        fixture().sees(|it| fs::remove_file(it.root().join("b/c.txt")).expect("removed"));
        fixture().sees(|it| fs::rename(it.root().join("e/f"), it.root().join("e/h")).expect("renamed"));
        fixture().sees(|it| {
            fs::set_permissions(it.root().join("a.txt"), fs::Permissions::from_mode(0o755)).expect("executable");
        });
        fixture().sees(|it| {
            fs::remove_file(it.root().join("link")).expect("removed");
            symlink("b.txt", it.root().join("link")).expect("linked");
        });
    }
}

#[test]
fn an_edit_with_the_same_size_and_mtime_is_seen() {
    Fixture::with_git().sees(|it| {
        let path = it.root().join("a.txt");
        let modified = path.metadata().and_then(|metadata| metadata.modified()).expect("a time");
        it.write("a.txt", "a ravel\n");
        File::options().write(true).open(path).and_then(|file| file.set_modified(modified)).expect("set back");
    });
}

#[test]
fn ignored_files_do_not_count_unless_they_are_tracked() {
    let fixture = Fixture::with_git();
    fixture.state();
    fixture.write("ignored/d.txt", "another");
    assert!(fixture.is_unchanged());
    fixture.write(".gitignore", "ignored/\ntarget/\n");
    fixture.write("target/debug/new.txt", "");
    fixture.state();
    fixture.write("target/debug/newer.txt", "");
    assert!(fixture.is_unchanged());
    fixture.sees(|it| it.write("ignored/tracked.txt", "changed\n"));
    Fixture::without_git().sees(|it| it.write("ignored/d.txt", "another"));
    let fixture = Fixture::without_git();
    fixture.write("b/.git", "gitdir: one\n");
    fixture.sees(|it| it.write("b/.git", "gitdir: another\n"));
}

#[test]
fn new_files_in_a_directory_of_ignored_files_are_seen() {
    let with_only_ignored_files = || {
        let fixture = Fixture::with_git();
        fixture.write(".gitignore", "ignored/\n*.o\nkept/*\n!kept/this\n");
        for path in ["build/a.o", "b/c/d/a.o", "kept/other"] {
            fixture.write(path, "");
        }
        fixture
    };
    with_only_ignored_files().sees(|it| it.write("build/new.c", ""));
    with_only_ignored_files().sees(|it| it.write("b/c/d/new.c", ""));
    with_only_ignored_files().sees(|it| it.write("kept/this", ""));
    let fixture = with_only_ignored_files();
    fixture.state();
    fixture.write("build/a.o", "compiled again");
    assert!(fixture.is_unchanged());
}

#[test]
fn the_cache_in_a_folder_without_git_does_not_count() {
    let fixture = Fixture::without_git();
    let before = fixture.state();
    let cache = fixture.root().join("cache");
    layout::Layout::new(&cache).create().expect("a cache");
    assert_eq!(fixture.state(), before);
    fs::create_dir(cache.join("django")).expect("made");
    assert_eq!((fixture.is_unchanged(), fixture.state()), (true, before));
}

#[test]
fn nothing_is_kept_while_anything_is_young() {
    for fixture in [Fixture::with_git(), Fixture::without_git()] {
        state(&fixture.root(), &fixture.kept(), SystemTime::now()).expect("a state");
        assert!(!fixture.kept().exists());
        // Nor while a file's time is in the future.
        let file = File::options().write(true).open(fixture.root().join("a.txt")).expect("there");
        file.set_modified(later()).expect("set");
        fixture.keeps_nothing();
    }
}

#[test]
fn nothing_is_kept_of_unsupported_repositories() {
    // A nested repository.
    let fixture = Fixture::with_git();
    fixture.git(&["init", "--quiet", "b/within"]);
    fixture.keeps_nothing();
    // A submodule.
    let fixture = Fixture::with_git();
    fixture.git(&["clone", "--quiet", ".", "../other"]);
    fixture.git(&["submodule", "--quiet", "add", "../other", "sub"]);
    fixture.keeps_nothing();
    // A submodule that was never checked out.
    let fixture = Fixture::with_git();
    fixture.git(&["clone", "--quiet", ".", "../other"]);
    fixture.git(&["submodule", "--quiet", "add", "../other", "sub"]);
    fixture.git(&["commit", "--quiet", "--message", "sub"]);
    fixture.git(&["submodule", "--quiet", "deinit", "--force", "sub"]);
    fixture.keeps_nothing();
    // A work tree of another repository.
    let fixture = Fixture::with_git();
    fixture.git(&["worktree", "add", "--quiet", "../tree"]);
    let (root, tree) = (fixture.root(), fixture.root().with_file_name("tree"));
    fs::rename(&root, fixture.directory.path().join("main")).expect("moved");
    fs::rename(tree, &root).expect("moved");
    fixture.git(&["-C", "../main", "worktree", "repair", "../repo"]);
    fixture.keeps_nothing();
}

#[test]
fn a_damaged_file_of_stamps_is_ignored() {
    let fixture = Fixture::with_git();
    let expected = fixture.state();
    let good = fs::read(fixture.kept()).expect("kept");
    for length in 0..good.len() {
        fs::write(fixture.kept(), &good[..length]).expect("cut short");
        assert!(!fixture.is_unchanged(), "cut to {length} bytes");
    }
    for position in 0..good.len() {
        let mut changed = good.clone();
        changed[position] ^= 1;
        fs::write(fixture.kept(), changed).expect("changed");
        assert!(!fixture.is_unchanged(), "another byte at {position}");
    }
    fs::remove_file(fixture.kept()).expect("removed");
    symlink("/dev/zero", fixture.kept()).expect("linked");
    assert_eq!(fixture.state(), expected);
}

/// The state by stamps is the state by git after any changes.
#[test]
fn random_changes_are_seen() {
    let fixture = Fixture::with_git();
    let mut random = fastrand::Rng::with_seed(7);
    for step in 0..60 {
        let paths = ["a.txt", "b/c.txt", "e/f/g", "new", "new2/x", "ignored/d.txt", "ignored/tracked.txt"];
        let path = paths[random.usize(..paths.len())];
        match random.u8(..6) {
            // Longer each time: two changes within a tick differ in size.
            0..=2 => fixture.write(path, &"x".repeat(step)),
            3 => drop(fs::remove_file(fixture.root().join(path))),
            4 => fixture.git(&["add", "--all"]),
            _ => fixture.git(&["commit", "--quiet", "--allow-empty", "--all", "--message", "again"]),
        }
        assert_eq!(fixture.state(), RepoState::of(&fixture.root()).expect("a state"), "step {step}: {path}");
    }
}
