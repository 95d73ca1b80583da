//! Private copies of an artifact's files, which a test or a library can write to.
//!
//! Libraries such as tantivy, SQLite, RocksDB and LMDB keep lock and log files beside their data, and open them for
//! writing even to read. Tests that write need a copy as well.
//!
//! A copy shares the blocks of the stored files where the file system supports it: Btrfs and XFS on Linux, APFS, ReFS.
//! Elsewhere all cores copy. The copy belongs on the file system of the cache, because no other one can share blocks.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use self::linux as system;
#[cfg(not(target_os = "linux"))]
use self::other as system;
use super::manifest::ListedFile;
use crate::cores;
use crate::disk;
use crate::error::Error;

/// The size of the largest file, in bytes, that [`Large::Linked`] copies where the file system cannot share blocks.
/// Lock and log files are smaller, and a copy of this size takes less than a millisecond.
const MAX_COPIED: u64 = 1 << 20;

/// The size of the parts of a large file, in bytes, which the cores copy at the same time. A core copies this much in
/// some 20 ms, hundreds of times as long as the start of a thread takes.
const PART: u64 = 64 << 20;

const DOING: &str = "make a private copy of";
const OWNER_MAY_WRITE: u32 = 0o200;

/// The treatment of files larger than 1 MiB where the file system cannot share blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Large {
    /// Copied: 1 GiB takes about half a second.
    Copied,
    /// Linked: such a file stays read-only.
    Linked,
}

/// A part of a file that is still to be copied.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    from: PathBuf,
    to: PathBuf,
    bytes: Range<u64>,
}

/// The result of the first step of a file's copy.
enum Begun {
    Copied,
    /// The target exists with its size, and lacks its content.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "other systems copy whole files"))]
    Empty,
    /// The file is large, the file system cannot share its blocks, and there is no target.
    Refused,
}

/// Copies the listed files of the directory `from` into the directory `to`. The owner may write to all copies.
///
/// # Errors
/// Fails if a file or directory cannot be copied. A part of the files may then be in `to`.
pub(crate) fn copy(from: &Path, files: &[ListedFile], to: &Path, large: Large) -> Result<(), Error> {
    for file in files {
        let target = to.join(&file.path);
        let directory = if file.is_directory() { &*target } else { target.parent().unwrap_or(to) };
        fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
    }
    let plain: Vec<&ListedFile> = files.iter().filter(|file| !file.is_directory()).collect();
    let begun = cores::map(&plain, |file| {
        let (from, to) = (from.join(&file.path), to.join(&file.path));
        begin(&from, &to, file, large, PART).map_err(Error::io(DOING, &from))
    });
    let parts: Vec<Part> = begun.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let copied = cores::map(&parts, |part| {
        system::copy_part(&part.from, &part.to, part.bytes.clone()).map_err(Error::io(DOING, &part.from))
    });
    copied.into_iter().collect()
}

/// Copies a small file, or one that can share its blocks. Returns the parts of another one, of the size `part` each.
fn begin(from: &Path, to: &Path, file: &ListedFile, large: Large, part: u64) -> io::Result<Vec<Part>> {
    let may_copy = large == Large::Copied || file.size <= MAX_COPIED;
    let begun = system::begin(from, to, may_copy, part)?;
    if matches!(begun, Begun::Refused) {
        link(from, to)?;
        return Ok(Vec::new());
    }
    match disk::set_mode(to, file.kind.mode() | OWNER_MAY_WRITE) {
        Err(error) if !disk::has_no_permissions(&error) => return Err(error),
        _ => {}
    }
    if matches!(begun, Begun::Copied) {
        return Ok(Vec::new());
    }
    let starts = (0..file.size.div_ceil(part)).map(|index| index * part);
    let part_at = |start| Part { from: from.to_owned(), to: to.to_owned(), bytes: start..file.size.min(start + part) };
    Ok(starts.map(part_at).collect())
}

/// Makes a symbolic link. A hard link would change the stamp of the stored file.
#[cfg(unix)]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)
}

#[cfg(test)]
mod tests;
