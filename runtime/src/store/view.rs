//! A private view: a directory with an artifact's files, for one process, in which a library can create and change
//! files without touching the stored ones.
//!
//! Libraries such as tantivy, SQLite, RocksDB and LMDB keep lock and log files beside their data, and open them for
//! writing even to read.
//!
//! A view that an artifact requests is a copy of all files. A view that is made after a permission error links large
//! files, because most libraries only want to write to a lock file.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::manifest::ListedFile;
use super::staging::Staging;
use crate::disk;
use crate::error::Error;

/// The size of the largest file, in bytes, that [`Large::Linked`] copies where the file system cannot share blocks.
/// Lock and log files are smaller, and a copy of this size takes less than a millisecond.
const MAX_COPIED: u64 = 1 << 20;

const OWNER_MAY_WRITE: u32 = 0o200;

/// The treatment of files larger than 1 MiB where the file system cannot share blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Large {
    /// Copied: 1 GiB takes about half a second.
    Copied,
    /// Linked: such a file stays read-only.
    Linked,
}

/// Makes a view of the listed files of `directory` in `staging`.
pub(crate) fn fill(staging: &Staging, directory: &Path, files: &[ListedFile], large: Large) -> Result<(), Error> {
    let root = staging.files();
    for file in files {
        let (from, to) = (directory.join(&file.path), root.join(&file.path));
        let parent = if file.is_directory() { &*to } else { to.parent().unwrap_or(&root) };
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        if !file.is_directory() {
            add_file(&from, &to, file, large).map_err(Error::io("create a private view of", &from))?;
        }
    }
    Ok(())
}

fn add_file(from: &Path, to: &Path, file: &ListedFile, large: Large) -> io::Result<()> {
    if !share_blocks(from, to)? {
        if large == Large::Linked && file.size > MAX_COPIED {
            return link(from, to);
        }
        fs::copy(from, to)?;
    }
    disk::set_mode(to, file.kind.mode() | OWNER_MAY_WRITE)
}

/// Makes `to` share the blocks of `from`. Returns `false`, and leaves no file, where the file system cannot do that.
#[cfg(target_os = "linux")]
fn share_blocks(from: &Path, to: &Path) -> io::Result<bool> {
    let source = File::open(from)?;
    let target = File::create_new(to)?;
    if rustix::fs::ioctl_ficlone(&target, &source).is_ok() {
        return Ok(true);
    }
    fs::remove_file(to)?;
    Ok(false)
}

#[cfg(not(target_os = "linux"))]
fn share_blocks(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
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
mod tests {
    use super::*;
    use crate::store::files::{list, protect};

    #[test]
    fn writes_to_a_private_view_do_not_reach_the_stored_files() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let stored = root.path().join("stored");
        fs::create_dir_all(stored.join("below/empty")).expect("created");
        fs::write(stored.join("lock"), "").expect("written");
        fs::write(stored.join("below/run"), "#!").expect("written");
        let large = vec![7; usize::try_from(MAX_COPIED).expect("small") + 1];
        fs::write(stored.join("below/large"), &large).expect("written");
        let files = list(&stored).expect("listed");
        protect(&stored, &files).expect("protected");

        let staging = Staging::create(&root.path().join("staging")).expect("created");
        fill(&staging, &stored, &files, Large::Linked).expect("a view");
        let view = staging.files();
        assert!(view.join("below/empty").is_dir());
        assert_eq!(fs::read(view.join("below/large")).expect("readable"), large);
        fs::write(view.join("lock"), "held").expect("an existing file can be written to");
        fs::write(view.join("below/log"), "more").expect("a file can be created");
        assert_eq!(fs::read(stored.join("lock")).expect("readable"), b"");
        assert!(!stored.join("below/log").exists());
        let copy = Staging::create(&root.path().join("staging")).expect("created");
        fill(&copy, &stored, &files, Large::Copied).expect("a view");
        fs::write(copy.files().join("below/large"), "changed").expect("a large file can be written to");
        drop((staging, copy));
        assert_eq!(fs::read(stored.join("below/large")).expect("still readable"), large);
    }
}
