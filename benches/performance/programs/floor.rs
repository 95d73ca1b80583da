//! What cannot be done with less: read what this run knows, compare what the file system says of the files with what it said when they
//! were digested, map the graph, open the index, ask.
//!
//! No settings, no key, no lock, no manifest, no report: as fast as this can be written by hand, and of no use to anybody.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use code_index::{DependencyGraph, SparseIndex};

use super::ask;

const MEMO: &str = "memo";
/// Numbers of a stamp: device, inode, size, and two times in seconds and nanoseconds.
const NUMBERS: usize = 7;
const BYTES: usize = NUMBERS * 8;

/// What the run knows: the state of the repository, and where files are that were digested, with their stamps.
pub(crate) struct Memo<'a> {
    pub(crate) revision: &'a str,
    pub(crate) graph: &'a Path,
    pub(crate) index: &'a Path,
}

impl Memo<'_> {
    /// Writes it down: a line for the revision, the graph and the index, a line for each file and its stamp.
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
    for (place, number) in stamp.chunks_exact_mut(8).zip(numbers(path)) {
        place.copy_from_slice(&number.to_le_bytes());
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
        let (proved, after) = rest[end + 1..].split_at(BYTES);
        assert!(stamp(path) == proved);
        rest = after;
    }
    #[expect(unsafe_code, reason = "this is what is measured")]
    // SAFETY: its stamp is the one that it had when it was digested.
    let graph = unsafe { DependencyGraph::map(&graph) }.unwrap();
    let index = SparseIndex::from_dir(index).unwrap();
    ask(&graph, &index);
    // As cached-smoke does: the end of the process takes them away.
    std::mem::forget((graph, index));
}
