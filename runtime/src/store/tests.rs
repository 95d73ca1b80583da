use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fastrand::Rng;
use tempfile::TempDir;

use super::files::move_into_place;
use super::manifest::{ArchiveFile, Built, Environment, Manifest, Storage};
use super::*;
use crate::error::Error;
use crate::key::{Key, KeyInput};
use crate::layout::{ArtifactPath, Layout};
use crate::run::Run;

/// The divisor of the number of cases. Windows takes many times as long to create, move and remove a file.
const FEWER: u64 = if cfg!(windows) { 10 } else { 1 };

#[test]
fn removing_empty_directories_does_not_stop_a_publisher() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let (from, entry) = (root.path().join("from"), root.path().join("entry"));
    let to = entry.join("to");
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                let _ = fs::remove_dir(&entry);
            }
        });
        let moves = (0..2_000 / FEWER).try_for_each(|_| {
            fs::write(&from, "").expect("written");
            move_into_place(&from, &to)?;
            fs::remove_file(&to).map_err(Error::io("remove", &to))
        });
        is_done.store(true, Ordering::Relaxed);
        moves.expect("every move succeeds");
    });
}

/// A cache with one artifact, and the valid content of its files.
struct Cache {
    root: TempDir,
    layout: Layout,
    key: Arc<Key>,
    storage: Storage,
    good: BTreeMap<String, Vec<u8>>,
}

impl Cache {
    fn new(storage: Storage) -> Cache {
        let good = BTreeMap::from([
            ("a".to_owned(), b"some content, of which every byte counts".to_vec()),
            ("below/b".to_owned(), (0..=255).cycle().take(5_000).collect()),
            ("empty".to_owned(), Vec::new()),
        ]);
        Cache::of(storage, good)
    }

    /// Publishes an artifact of these files.
    fn of(storage: Storage, good: BTreeMap<String, Vec<u8>>) -> Cache {
        let root = tempfile::tempdir().expect("a temporary directory");
        let layout = Layout::new(root.path());
        let key = Arc::new(Key::new("r", "0123456789ab", vec![KeyInput::new("code", "c".to_owned())]));
        let cache = Cache { root, layout, key, storage, good };
        let staging = Staging::create(&cache.layout.staging()).expect("a staging directory");
        for (path, content) in &cache.good {
            let path = staging.files().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            fs::write(path, content).expect("written");
        }
        let listed = list(&staging.files()).expect("listed");
        let run = Run::named("builder", &cache.layout);
        cache
            .store(&run)
            .publish(&staging, listed, 1, BTreeMap::new(), ("/p".to_owned(), Environment::default()))
            .expect("published");
        cache
    }

    fn store<'a>(&'a self, run: &'a Run) -> Store<'a> {
        let artifact_path = ArtifactPath { repo: "r".to_owned(), entry: self.key.entry(), artifact: "x".to_owned() };
        let type_name = "X".to_owned();
        Store { layout: &self.layout, run, artifact_path, key: Arc::clone(&self.key), storage: self.storage, type_name }
    }

    /// Returns the files that a process of a new run is served, if any: opened, or else unpacked.
    fn serve(&self, run: &Run) -> Option<BTreeMap<String, Vec<u8>>> {
        let store = self.store(run);
        let entry = match store.open() {
            Found::Ready(entry) => entry,
            Found::Packed(manifest, read_lock, _) => {
                let staging = Staging::create(&self.layout.staging()).expect("a staging directory");
                match store.unpack(manifest, read_lock, staging, true).expect("the disk is fine") {
                    Unpacked::Ready(entry) => *entry,
                    Unpacked::Damaged(_) => return None,
                }
            }
            Found::Missing(_) => return None,
        };
        let read = |path: &String| (path.clone(), fs::read(entry.directory.join(path)).unwrap_or_default());
        Some(self.good.keys().map(read).collect())
    }

    /// Returns every file of the entry, and of its unpacked archive.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for top in ["r", ".unpacked"] {
            collect_files(&self.root.path().join(top), &mut files);
        }
        files.sort();
        files
    }
}

fn collect_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect_files(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

/// Changes the content of a file as a failing disk or another process might. Returns `None` for a deleted file.
fn damage(random: &mut Rng, content: &[u8], others: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut content = content.to_vec();
    match random.u8(..6) {
        0 | 1 if !content.is_empty() => {
            let position = random.usize(..content.len());
            content[position] ^= 1 << random.u8(..8);
        }
        2 if !content.is_empty() => content.truncate(random.usize(..content.len())),
        3 => content.extend((0..random.usize(1..20)).map(|_| random.u8(..))),
        4 => return None,
        _ => content.clone_from(&others[random.usize(..others.len())]),
    }
    Some(content)
}

/// Tries a thousand cases. The message of a failure contains the seed.
#[test]
fn damaged_files_are_never_served() {
    serve_damaged_files(600 / FEWER, 400 / FEWER);
}

#[test]
#[ignore = "ten times as many cases as the test above, in two minutes"]
fn damaged_files_are_never_served_in_many_cases() {
    serve_damaged_files(6_000, 4_000);
}

/// Damages the files of an artifact in random ways, and checks what the store serves.
fn serve_damaged_files(archives: u64, directories: u64) {
    for (storage, cases) in [(Storage::Archive, archives), (Storage::Directory, directories)] {
        let cache = Cache::new(storage);
        let run = Run::named("reader", &cache.layout);
        let files = cache.files();
        let contents: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).expect("readable")).collect();
        for seed in 0..cases {
            let mut random = Rng::with_seed(seed);
            // Sometimes nothing is unpacked, as after CI restored the cache.
            if storage == Storage::Archive && random.bool() {
                let _ = fs::remove_dir_all(cache.root.path().join(".unpacked"));
            }
            for _ in 0..random.usize(1..3) {
                let index = random.usize(..files.len());
                let damaged = damage(&mut random, &contents[index], &contents);
                let _ = fs::remove_file(&files[index]);
                if let (Some(bytes), true) = (damaged, files[index].parent().is_some_and(Path::is_dir)) {
                    fs::write(&files[index], bytes).expect("written");
                }
            }
            if let Some(served) = cache.serve(&run) {
                assert!(served == cache.good, "{storage:?}, seed {seed}: {served:?}");
            }
            // Restores the initial state for the next case, without verification records.
            let _ = fs::remove_dir_all(run.directory().join("proofs"));
            for (file, content) in files.iter().zip(&contents) {
                fs::create_dir_all(file.parent().expect("a parent")).expect("created");
                let _ = fs::remove_file(file);
                fs::write(file, content).expect("written");
            }
        }
        assert!(cache.serve(&run).is_some_and(|served| served == cache.good), "an undamaged artifact is served");
    }
}

/// Windows refuses such paths in some forms.
#[test]
fn paths_of_more_than_260_characters_are_served() {
    let long = ["x".repeat(100).as_str(); 4].join("/");
    for storage in [Storage::Archive, Storage::Directory] {
        let cache = Cache::of(storage, BTreeMap::from([(long.clone(), b"content".to_vec())]));
        let run = Run::named("reader", &cache.layout);
        assert_eq!(cache.serve(&run).as_ref(), Some(&cache.good), "{storage:?}");
        assert_eq!(remove(&cache.layout, &cache.store(&run).artifact_path), Removal::Removed);
        sweep(&cache.layout);
        assert!(cache.files().is_empty());
    }
}

/// A replacement of a plain file. A link and a directory can be read; opening a pipe blocks.
#[cfg(unix)]
#[derive(Clone, Copy, Debug)]
enum Instead {
    /// A link to a copy outside of the cache, which other users may change.
    Link,
    Pipe,
    Directory,
}

#[cfg(unix)]
fn replace(file: &Path, instead: Instead, outside: &Path) {
    match instead {
        Instead::Link => {
            fs::copy(file, outside).expect("copied");
            fs::remove_file(file).expect("removed");
            std::os::unix::fs::symlink(outside, file).expect("linked");
        }
        Instead::Pipe => {
            fs::remove_file(file).expect("removed");
            assert!(std::process::Command::new("mkfifo").arg(file).status().expect("run").success());
        }
        Instead::Directory => {
            fs::remove_file(file).expect("removed");
            fs::create_dir(file).expect("created");
        }
    }
}

#[cfg(unix)]
#[test]
fn links_pipes_and_directories_are_not_served() {
    for storage in [Storage::Archive, Storage::Directory] {
        for instead in [Instead::Link, Instead::Pipe, Instead::Directory] {
            let names = if storage == Storage::Archive { ["x.json", "x.tar.zst"] } else { ["x.json", "x/below/b"] };
            for name in names {
                let cache = Cache::new(storage);
                let _ = fs::remove_dir_all(cache.root.path().join(".unpacked"));
                let outside = tempfile::tempdir().expect("a temporary directory");
                let entry = cache.root.path().join("r").join(cache.key.entry());
                replace(&entry.join(name), instead, &outside.path().join("copy"));
                let run = Run::named("reader", &cache.layout);
                assert_eq!(cache.serve(&run), None, "{storage:?}: {name}: {instead:?}");
                // A collector does not block on it.
                inventory(&cache.layout);
                remove(&cache.layout, &cache.store(&run).artifact_path);
                sweep(&cache.layout);
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_directory_behind_a_link_is_not_served() {
    for (storage, directory) in
        [(Storage::Directory, "r/ENTRY/x/below"), (Storage::Archive, ".unpacked/r/ENTRY/x/below")]
    {
        let cache = Cache::new(storage);
        let run = Run::named("reader", &cache.layout);
        let unpack = |cache: &Cache| drop(cache.serve(&run));
        unpack(&cache);
        let directory = cache.root.path().join(directory.replace("ENTRY", &cache.key.entry()));
        let outside = tempfile::tempdir().expect("a temporary directory");
        let moved = outside.path().join("moved");
        fs::rename(&directory, &moved).expect("moved");
        std::os::unix::fs::symlink(&moved, &directory).expect("linked");
        match cache.store(&run).open() {
            Found::Ready(_) => panic!("{storage:?}: served from behind a link"),
            Found::Packed(..) => assert_eq!(storage, Storage::Archive),
            Found::Missing(miss) => assert_eq!(miss, Miss::Damaged("some of its files are missing".to_owned())),
        }
    }
}

/// A hostile manifest with a valid digest may have any content.
#[test]
fn huge_sizes_in_a_manifest_are_damage() {
    for storage in [Storage::Archive, Storage::Directory] {
        let cache = Cache::new(storage);
        let _ = fs::remove_dir_all(cache.root.path().join(".unpacked"));
        let run = Run::named("reader", &cache.layout);
        let path = cache.layout.manifest(&cache.store(&run).artifact_path);
        let manifest = Manifest::at(&path).expect("a manifest");
        let mut files = manifest.files.clone();
        files[0].size = u64::MAX;
        files[1].size = u64::MAX;
        let archive = manifest.archive.clone().map(|archive| ArchiveFile { size: u64::MAX, ..archive });
        let built = Built {
            type_name: manifest.type_name.clone(),
            storage,
            files,
            archive,
            build_milliseconds: u64::MAX,
            metrics: BTreeMap::new(),
            completed: u64::MAX,
            run: "r".to_owned(),
            project: None,
            environment: None,
        };
        fs::remove_file(&path).expect("removed");
        let hostile = Manifest::new(&cache.key, "x", built);
        assert_eq!(hostile.bytes(), u64::MAX);
        fs::write(&path, hostile.to_json()).expect("written");
        assert_eq!(cache.serve(&run), None, "{storage:?}");
    }
}
