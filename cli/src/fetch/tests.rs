//! The promises of the whole: once, all or nothing, and never for something else.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Barrier;

use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;

use super::*;

const PINNED_REVISION: &str = "d1524af5693c1c878e568938494eb1a8743d8fe5";

/// A workshop, and an index that serves one source distribution and counts its downloads.
struct World {
    root: TempDir,
    progress: ProgressBar,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let archive = File::create(root.path().join("x-1.tar.gz")).expect("a file");
        let mut builder = tar::Builder::new(GzEncoder::new(archive, Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_size(9);
        header.set_mode(0o644);
        builder.append_data(&mut header, "x-1/setup.py", &b"setup()\r\n"[..]).expect("an entry");
        builder.into_inner().expect("a tar").finish().expect("compressed");
        World { root, progress: ProgressBar::hidden() }
    }

    fn destination(&self) -> PathBuf {
        self.root.path().join("repositories/x")
    }

    fn fetch(&self, source: &Source) -> Result<Fetched, FetchError> {
        let script = "echo >> \"$1/downloads\"; cp \"$1/x-1.tar.gz\" \"$3\"; printf '{\"path\": \"x-1.tar.gz\"}'";
        let arguments = vec!["-c".into(), script.into(), "downloader".into(), self.root.path().into()];
        let workshop = self.root.path().join("workshop");
        fetch_with(source, &self.destination(), &workshop, &self.progress, |_, _, _| {
            Ok(Downloader { program: "sh".into(), arguments })
        })
    }

    fn downloads(&self) -> usize {
        fs::read_to_string(self.root.path().join("downloads")).map_or(0, |text| text.lines().count())
    }
}

fn release(requirement: &str, sha256: Option<&str>) -> Source {
    Source::Pypi { requirement: requirement.to_owned(), sha256: sha256.map(str::to_owned) }
}

#[cfg(unix)]
#[test]
fn source_distribution_becomes_a_repository_and_leaves_no_scratch() {
    let world = World::new();
    let fetched = world.fetch(&release("x==1", None)).expect("fetched");
    assert_eq!(fetched.revision, PINNED_REVISION);
    assert_eq!(fs::read(world.destination().join("setup.py")).expect("a file"), b"setup()\r\n");
    Repository::at(&world.destination()).check_clean().expect("a clean tree");
    let scratch = fs::read_dir(world.root.path().join("workshop/scratch")).expect("a directory");
    assert_eq!(scratch.count(), 0);
}

#[cfg(unix)]
#[test]
fn concurrent_fetches_of_one_destination_download_once() {
    let world = World::new();
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                barrier.wait();
                let fetched = world.fetch(&release("x==1", None)).expect("fetched");
                assert_eq!(fetched.revision, PINNED_REVISION);
            });
        }
    });
    assert_eq!(world.downloads(), 1);
}

#[cfg(unix)]
#[test]
fn destination_with_something_else_is_left_alone() {
    let world = World::new();
    fs::create_dir_all(world.destination()).expect("a directory");
    assert!(matches!(world.fetch(&release("x==1", None)), Err(FetchError::Occupied { found: None, .. })));
    fs::remove_dir(world.destination()).expect("removed");
    world.fetch(&release("x==1", None)).expect("fetched");
    for other in [release("x==2", None), release("x==1", Some(&"0".repeat(64)))] {
        let error = world.fetch(&other).expect_err("something else is there").to_string();
        assert!(error.contains("pypi x==1 (SHA-256 "), "{error}");
    }
    assert_eq!(world.downloads(), 1);
}

#[cfg(unix)]
#[test]
fn failed_fetch_leaves_nothing_and_can_be_repeated() {
    let world = World::new();
    let wrong = release("x==1", Some(&"0".repeat(64)));
    assert!(matches!(world.fetch(&wrong), Err(FetchError::Digest { .. })));
    assert!(!world.destination().exists());
    world.fetch(&release("x==1", None)).expect("fetched");
}

#[test]
fn directory_of_the_user_is_not_fetched_and_nothing_is_made() {
    let world = World::new();
    let error = world.fetch(&Source::Path("/somewhere".into())).expect_err("nothing to fetch");
    assert!(matches!(error, FetchError::NothingToFetch { .. }));
    assert!(!world.root.path().join("workshop").exists());
}
