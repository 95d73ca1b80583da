#![cfg(unix)]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use super::*;

/// A directory of files, and the file with their kept digests.
struct Fixture {
    directory: TempDir,
}

impl Fixture {
    fn new() -> Fixture {
        let fixture = Fixture { directory: tempfile::tempdir().expect("a temporary directory") };
        for (path, text) in [("d/a", "one"), ("d/b/c", "one"), ("outside/x", "one"), ("outside/y/z", "one")] {
            fixture.write(path, text);
        }
        symlink("../outside", fixture.path("d/link")).expect("linked");
        fixture
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("below the directory")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// Digests the directory at a time when no file is young.
    fn content(&self) -> Content {
        directory(&self.path("d"), Some(&self.path("kept")), later()).expect("a digest")
    }

    fn content_without_kept_digests(&self) -> Content {
        directory(&self.path("d"), None, later()).expect("a digest")
    }

    /// Makes a change, and expects the right new digest.
    #[track_caller]
    fn sees(&self, change: impl FnOnce()) {
        let before = self.content();
        assert_eq!(self.content(), before);
        change();
        let after = self.content();
        assert_ne!(after.digest, before.digest);
        assert_eq!(after, self.content_without_kept_digests());
    }
}

fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(10)
}

#[test]
fn every_change_is_seen_with_kept_digests() {
    let it = Fixture::new();
    it.sees(|| it.write("d/a", "two"));
    it.sees(|| it.write("d/b/new", ""));
    it.sees(|| fs::remove_file(it.path("d/b/new")).expect("removed"));
    it.sees(|| fs::rename(it.path("d/b/c"), it.path("d/b/d")).expect("renamed"));
    it.sees(|| fs::create_dir(it.path("d/empty")).expect("made"));
    it.sees(|| fs::remove_dir(it.path("d/empty")).expect("removed"));
    it.sees(|| fs::set_permissions(it.path("d/a"), fs::Permissions::from_mode(0o700)).expect("set"));
    it.sees(|| it.write("outside/x", "two"));
    it.sees(|| it.write("outside/y/z", "two"));
    it.sees(|| {
        fs::remove_file(it.path("d/link")).expect("removed");
        symlink("../outside/", it.path("d/link")).expect("linked");
    });
    it.sees(|| {
        fs::remove_file(it.path("d/link")).expect("removed");
        fs::rename(it.path("outside"), it.path("d/link")).expect("moved to the link's path");
    });
    it.sees(|| {
        let modified = it.path("d/a").metadata().and_then(|metadata| metadata.modified()).expect("a time");
        it.write("d/a", "six");
        File::open(it.path("d/a")).and_then(|file| file.set_modified(modified)).expect("set back");
    });
}

/// Trees that would have one digest if names, kinds and contents were concatenated.
#[test]
fn different_trees_have_different_digests() {
    type Make = fn(&Path);
    let write = |path: PathBuf, text: &str| fs::write(path, text).expect("written");
    let makes: [Make; 10] = [
        |_| {},
        |root| fs::create_dir(root.join("a")).expect("made"),
        |root| fs::write(root.join("a"), "").expect("written"),
        |root| fs::write(root.join("a"), "b").expect("written"),
        |root| fs::write(root.join("ab"), "").expect("written"),
        |root| symlink("b", root.join("a")).expect("linked"),
        |root| symlink("a", root.join("a")).expect("linked"),
        |root| symlink(".", root.join("a")).expect("linked"),
        |root| symlink("..", root.join("a")).expect("linked"),
        |root| symlink("/dev/null", root.join("a")).expect("linked"),
    ];
    let mut digests = std::collections::HashSet::new();
    for make in makes {
        let above = tempfile::tempdir().expect("a temporary directory");
        let root = above.path().join("root");
        fs::create_dir(&root).expect("made");
        make(&root);
        assert!(digests.insert(directory(&root, None, later()).expect("a digest").digest), "two trees have one digest");
    }
    let above = tempfile::tempdir().expect("a temporary directory");
    write(above.path().join("x"), "b");
    let content = |from: &Path| directory(from, None, later()).expect("a digest").digest;
    let plain = content(above.path());
    fs::remove_file(above.path().join("x")).expect("removed");
    let other = tempfile::tempdir().expect("a temporary directory");
    write(other.path().join("x"), "b");
    symlink(other.path().join("x"), above.path().join("x")).expect("linked");
    assert_ne!(content(above.path()), plain, "a link to the same content is a link");
    assert_eq!(content(other.path()), plain, "the location does not matter");
}

/// As in a `node_modules` of pnpm: each package links to all others, so the number of paths is astronomical.
#[test]
fn links_in_circles_end() {
    let it = Fixture::new();
    for package in 0..30 {
        for other in 0..30 {
            it.write(&format!("d/store/{package}/file"), "one");
            symlink(format!("../{other}"), it.path(&format!("d/store/{package}/to-{other}"))).expect("linked");
        }
    }
    it.sees(|| it.write("d/store/17/file", "two"));
}

#[test]
fn a_young_file_is_read_again() {
    let it = Fixture::new();
    let kept = it.path("kept");
    directory(&it.path("d"), Some(&kept), SystemTime::now()).expect("a digest");
    assert!(read(&kept).is_none_or(|known| known.is_empty()), "all are young");
    it.content();
    assert_eq!(read(&kept).expect("kept").len(), 4);
    // A time in the future.
    File::open(it.path("d/a")).and_then(|file| file.set_modified(later() + Duration::from_secs(60 * 60))).expect("set");
    it.content();
    assert_eq!(read(&kept).expect("kept").len(), 3);
}

#[test]
fn a_damaged_file_of_digests_is_ignored() {
    let it = Fixture::new();
    let expected = it.content();
    let kept = it.path("kept");
    let good = fs::read(&kept).expect("kept");
    for length in 0..good.len() {
        fs::write(&kept, &good[..length]).expect("cut short");
        assert!(read(&kept).is_none(), "cut to {length} bytes");
    }
    for position in 0..good.len() {
        let mut changed = good.clone();
        changed[position] ^= 1;
        fs::write(&kept, changed).expect("changed");
        assert!(read(&kept).is_none(), "another byte at {position}");
    }
    fs::remove_file(&kept).expect("removed");
    symlink("/dev/zero", &kept).expect("linked");
    assert_eq!(it.content(), expected);
}

#[test]
fn a_file_has_the_digest_of_its_content() {
    let it = Fixture::new();
    let digest = |path: &str| file(&it.path(path), Some(&it.path("kept-file")), later()).expect("a digest").digest;
    assert_eq!(digest("d/a"), blake3::hash(b"one").to_hex().to_string());
    assert_eq!(digest("d/link/x"), digest("d/a"));
    it.write("d/a", "two");
    assert_eq!(digest("d/a"), blake3::hash(b"two").to_hex().to_string());
}

/// The kept digest of one target must not be used for another.
#[test]
fn a_link_that_changes_back_has_its_first_digest() {
    let it = Fixture::new();
    it.write("one", "one");
    it.write("two", "two");
    let kept = it.path("kept-file");
    let link = |target: &str| {
        let _ = fs::remove_file(it.path("link"));
        symlink(target, it.path("link")).expect("linked");
    };
    for target in ["one", "two", "one"] {
        link(target);
        let digest = file(&it.path("link"), Some(&kept), later()).expect("a digest").digest;
        assert_eq!(digest, blake3::hash(target.as_bytes()).to_hex().to_string());
    }
}

#[test]
fn a_file_of_the_finder_does_not_count() {
    let fixture = Fixture::new();
    let before = fixture.content();
    fixture.write("d/b/.DS_Store", "the place of a window");
    assert_eq!(fixture.content(), before);
}
