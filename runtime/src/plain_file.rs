//! Opening what should be a plain file, when somebody else may have put something else there: a link leads to what is
//! not ours, and opening a pipe may never end.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// More than nearly all manifests and notes have: these are read by one call, and their end is seen by another.
const AT_ONCE: usize = 8192;

/// Opens it to be read.
///
/// # Errors
/// Also if it is no plain file. What replaces it between the look and the opening is believed in nothing either, but may
/// keep the caller waiting: this is no protection from somebody who can write to the directory while we read.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if path.symlink_metadata()?.is_file() {
        return File::open(path);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a plain file"))
}

/// Opens it to be locked exclusively.
///
/// NFS makes a record lock of `flock`, which only a file that is open for writing can have (flock(2)). A file that is
/// read-only has to be opened to read then: it can be locked on every other file system.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_to_lock(path: &Path) -> io::Result<File> {
    if !path.symlink_metadata()?.is_file() {
        return open(path);
    }
    let opened = File::options().read(true).write(true).open(path);
    opened.or_else(|_| File::open(path))
}

/// Reads all of it, if it has no more than `limit` bytes.
pub(crate) fn read(mut file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::with_capacity(AT_ONCE);
    file.by_ref().take(limit.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it has more than {limit} bytes")));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("file");
        fs::write(&path, "12345").expect("written");
        let read_at_most = |limit| read(&open(&path).expect("a plain file"), limit);
        assert_eq!(read_at_most(5).expect("short enough"), b"12345");
        assert_eq!(read_at_most(u64::MAX).expect("short enough"), b"12345");
        assert!(read_at_most(4).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_pipes_and_directories_are_refused_at_once() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = |name: &str| directory.path().join(name);
        fs::write(path("file"), "").expect("written");
        std::os::unix::fs::symlink(path("file"), path("link")).expect("linked");
        assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().expect("run").success());
        fs::create_dir(path("directory")).expect("made");
        for name in ["link", "pipe", "directory"] {
            assert_eq!(open(&path(name)).expect_err(name).kind(), io::ErrorKind::InvalidData);
        }
        assert_eq!(open(&path("absent")).expect_err("absent").kind(), io::ErrorKind::NotFound);
    }
}
