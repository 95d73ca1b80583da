//! The floor: the least work that a hit can do, written by hand.
//!
//! It reads a memo of the run, compares the metadata of the files with the metadata at the time of their digest, maps
//! the graph, opens the index, and asks both. It has no configuration, no key, no lock, no manifest and no record, so
//! it is not usable as a cache.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use code_index::{DependencyGraph, SparseIndex};

use super::ask;

const MEMO: &str = "memo";
/// The number of numbers in a stamp: device, inode, size, and two times in seconds and nanoseconds.
const NUMBERS: usize = 7;
const BYTES: usize = NUMBERS * 8;

/// The state of the repository, and the paths and stamps of the digested files.
pub(crate) struct Memo<'a> {
    pub(crate) revision: &'a str,
    pub(crate) graph: &'a Path,
    pub(crate) index: &'a Path,
}

impl Memo<'_> {
    /// Writes the memo: one line each for the revision, the graph and the index, then each file with its stamp.
    pub(crate) fn write(&self, files: &Path) {
        let mut text = format!("{}\n{}\n{}\n", self.revision, self.graph.display(), self.index.display()).into_bytes();
        let index = fs::read_dir(self.index).unwrap().map(|entry| entry.unwrap().path());
        for path in std::iter::once(self.graph.to_owned()).chain(index) {
            text.extend(path.to_str().unwrap().bytes());
            text.push(0);
            text.extend(stamp(&path));
        }
        fs::write(files.join(MEMO), text).unwrap();
    }
}

#[cfg(unix)]
fn numbers(path: &Path) -> [u64; NUMBERS] {
    use std::os::unix::fs::MetadataExt;
    let found = path.symlink_metadata().unwrap();
    [
        found.dev(),
        found.ino(),
        found.size(),
        found.mtime().cast_unsigned(),
        found.mtime_nsec().cast_unsigned(),
        found.ctime().cast_unsigned(),
        found.ctime_nsec().cast_unsigned(),
    ]
}

#[cfg(not(unix))]
fn numbers(path: &Path) -> [u64; NUMBERS] {
    let found = path.symlink_metadata().unwrap();
    let modified = found.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
    [found.len(), modified.as_secs(), u64::from(modified.subsec_nanos()), 0, 0, 0, 0]
}

fn stamp(path: &Path) -> [u8; BYTES] {
    let mut stamp = [0; BYTES];
    for (bytes, number) in stamp.chunks_exact_mut(8).zip(numbers(path)) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
    stamp
}

pub(super) fn run(files: &Path) {
    let mut memo = Vec::with_capacity(8192);
    File::open(files.join(MEMO)).unwrap().read_to_end(&mut memo).unwrap();
    let mut rest = memo.as_slice();
    let mut line = || {
        let end = rest.iter().position(|&byte| byte == b'\n').unwrap();
        let line = std::str::from_utf8(&rest[..end]).unwrap();
        rest = &rest[end + 1..];
        line
    };
    let (_revision, graph, index) = (line(), PathBuf::from(line()), PathBuf::from(line()));
    while !rest.is_empty() {
        let end = rest.iter().position(|&byte| byte == 0).unwrap();
        let path = Path::new(std::str::from_utf8(&rest[..end]).unwrap());
        let (expected, after) = rest[end + 1..].split_at(BYTES);
        assert!(stamp(path) == expected);
        rest = after;
    }
    #[expect(unsafe_code, reason = "a hit maps the graph")]
    // SAFETY: the file's stamp is the same as at the time of its digest.
    let graph = unsafe { DependencyGraph::map(&graph) }.unwrap();
    let index = SparseIndex::from_dir(index).unwrap();
    ask(&graph, &index);
    // As in cached-smoke, the end of the process frees them.
    std::mem::forget((graph, index));
}
