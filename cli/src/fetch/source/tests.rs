//! A fetch happens once, completely or not at all, and never replaces another repository.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Barrier;

use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;

use super::*;

const COMMIT: &str = "d1524af5693c1c878e568938494eb1a8743d8fe5";

/// A fetch directory, and an index that serves one source distribution and counts its downloads.
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

    fn fetch(&self, source: &Source) -> Result<String> {
        let script = "echo >> \"$1/downloads\"; cp \"$1/x-1.tar.gz\" \"$3\"; printf '{\"path\": \"x-1.tar.gz\"}'";
        let arguments = vec!["-c".into(), script.into(), "downloader".into(), self.root.path().into()];
        let fetch_dir = self.root.path().join("fetch");
        fetch_with(source, &self.destination(), &fetch_dir, &self.progress, |_, _, _| {
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
fn source_distribution_becomes_a_commit_and_scratch_is_removed() {
    let world = World::new();
    assert_eq!(world.fetch(&release("x==1", None)).expect("fetched"), COMMIT);
    assert_eq!(fs::read(world.destination().join("setup.py")).expect("a file"), b"setup()\r\n");
    Repository::at(&world.destination()).check_clean().expect("a clean tree");
    let scratch = fs::read_dir(world.root.path().join("fetch/scratch")).expect("a directory");
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
                assert_eq!(world.fetch(&release("x==1", None)).expect("fetched"), COMMIT);
            });
        }
    });
    assert_eq!(world.downloads(), 1);
}

#[cfg(unix)]
#[test]
fn destination_with_another_repository_is_kept() {
    let world = World::new();
    fs::create_dir_all(world.destination()).expect("a directory");
    let error = world.fetch(&release("x==1", None)).expect_err("occupied").to_string();
    assert!(error.ends_with("something else exists there; move it away and fetch again"), "{error}");
    fs::remove_dir(world.destination()).expect("removed");
    world.fetch(&release("x==1", None)).expect("fetched");
    for other in [release("x==2", None), release("x==1", Some(&"0".repeat(64)))] {
        let error = world.fetch(&other).expect_err("occupied").to_string();
        assert!(error.contains("pypi x==1 (SHA-256 "), "{error}");
    }
    assert_eq!(world.downloads(), 1);
}

#[cfg(unix)]
#[test]
fn failed_fetch_leaves_nothing_and_is_repeatable() {
    let world = World::new();
    let wrong = release("x==1", Some(&"0".repeat(64)));
    let error = world.fetch(&wrong).expect_err("another digest").to_string();
    assert!(error.starts_with("refused x-1.tar.gz: its SHA-256 is "), "{error}");
    assert!(!world.destination().exists());
    world.fetch(&release("x==1", None)).expect("fetched");
}

#[test]
fn local_directory_is_refused_before_anything_is_created() {
    let world = World::new();
    let error = world.fetch(&Source::Path("/somewhere".into())).expect_err("nothing to fetch");
    assert!(error.to_string().contains("a directory of this machine"), "{error}");
    assert!(!world.root.path().join("fetch").exists());
}
