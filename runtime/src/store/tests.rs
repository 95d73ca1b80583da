use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use fastrand::Rng;
use tempfile::TempDir;

use super::*;
use crate::key::Ingredient;

#[test]
fn a_collector_that_takes_empty_directories_does_not_stop_a_publisher() {
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
        let moves = (0..2_000).try_for_each(|_| {
            fs::write(&from, "").expect("written");
            move_into_place(&from, &to)?;
            fs::remove_file(&to).map_err(Error::io("remove", &to))
        });
        is_done.store(true, Ordering::Relaxed);
        moves.expect("every move succeeds");
    });
}

/// A cache with one artifact, and what its files are.
struct Cache {
    root: TempDir,
    layout: Layout,
    key: Key,
    storage: Storage,
    good: BTreeMap<String, Vec<u8>>,
}

impl Cache {
    fn new(storage: Storage) -> Cache {
        let root = tempfile::tempdir().expect("a temporary directory");
        let layout = Layout::new(root.path());
        let key = Key::new("r", "0123456789ab", vec![Ingredient::new("code", "c".to_owned())]);
        let good = BTreeMap::from([
            ("a".to_owned(), b"some content, of which every byte counts".to_vec()),
            ("below/b".to_owned(), (0..=255).cycle().take(5_000).collect()),
            ("empty".to_owned(), Vec::new()),
        ]);
        let cache = Cache { root, layout, key, storage, good };
        let staging = Staging::create(&cache.layout.staging()).expect("a place to work in");
        for (path, content) in &cache.good {
            let path = staging.files().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, content).expect("written");
        }
        let listed = list(&staging.files()).expect("listed");
        let run = Run::for_tests("builder", &cache.layout);
        cache.store(&run).publish(&staging, listed, 1).expect("published");
        cache
    }

    fn store<'a>(&'a self, run: &'a Run) -> Store<'a> {
        let slot = Slot { repo: "r".to_owned(), entry: self.key.entry(), artifact: "x".to_owned() };
        let type_name = "X".to_owned();
        Store { layout: &self.layout, run, slot, key: &self.key, storage: self.storage, type_name }
    }

    /// What a process of a new run is served, if anything: opened, or else unpacked.
    fn serve(&self, run: &Run) -> Option<BTreeMap<String, Vec<u8>>> {
        let store = self.store(run);
        let entry = match store.open() {
            Found::Ready(entry) => entry,
            Found::Packed(manifest, lease) => {
                let staging = Staging::create(&self.layout.staging()).expect("a place to work in");
                store.unpack(manifest, lease, staging, true).expect("the disk is fine").ok()?
            }
            Found::Missing(_) => return None,
        };
        let read = |path: &String| (path.clone(), fs::read(entry.directory.join(path)).unwrap_or_default());
        Some(self.good.keys().map(read).collect())
    }

    /// Every file of the entry, and of what was unpacked from it.
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

/// Changes what is in a file, as a disk, or somebody, might; nothing for one that is deleted.
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

/// Ten thousand cases in all. The seed of one that fails is in the message.
#[test]
fn damage_is_never_served() {
    for (storage, cases) in [(Storage::Archive, 6_000), (Storage::Directory, 4_000)] {
        let cache = Cache::new(storage);
        let run = Run::for_tests("reader", &cache.layout);
        let files = cache.files();
        let contents: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).expect("readable")).collect();
        for seed in 0..cases {
            let mut random = Rng::with_seed(seed);
            // Sometimes as CI restores it: nothing is unpacked.
            if storage == Storage::Archive && random.bool() {
                let _ = fs::remove_dir_all(cache.root.path().join(".unpacked"));
            }
            for _ in 0..random.usize(1..3) {
                let victim = random.usize(..files.len());
                let damaged = damage(&mut random, &contents[victim], &contents);
                let _ = fs::remove_file(&files[victim]);
                if let (Some(bytes), true) = (damaged, files[victim].parent().is_some_and(Path::is_dir)) {
                    fs::write(&files[victim], bytes).expect("written");
                }
            }
            if let Some(served) = cache.serve(&run) {
                assert!(served == cache.good, "{storage:?}, seed {seed}: {served:?}");
            }
            // As before, for the next case; the proofs are forgotten.
            let _ = fs::remove_dir_all(run.directory_for_tests().join("proofs"));
            for (file, content) in files.iter().zip(&contents) {
                fs::create_dir_all(file.parent().expect("a parent")).expect("made");
                let _ = fs::remove_file(file);
                fs::write(file, content).expect("written");
            }
        }
        assert!(cache.serve(&run).is_some_and(|served| served == cache.good), "what is whole is served");
    }
}
