//! Opens plain files only, in directories where other users may have created links or pipes. A link may lead to another
//! user's file, and opening a pipe may block forever.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The initial size of the buffer. Larger than nearly all manifests and notes, so that two calls read them: one for the
/// content, one for the end.
const AT_ONCE: usize = 8192;

/// Opens a file for reading.
///
/// # Errors
/// Fails also if it is not a plain file. A file that replaces it between the check and the opening is untrusted as
/// well, but a pipe may then block the caller. So this is no protection from a user who can write to the directory at
/// the same time.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if path.symlink_metadata()?.is_file() {
        return File::open(path);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "not a plain file"))
}

/// Opens a file for reading, and for setting its times where Windows allows both.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_to_touch(path: &Path) -> io::Result<File> {
    #[cfg(windows)]
    if path.symlink_metadata()?.is_file() {
        use std::os::windows::fs::OpenOptionsExt;
        /// `GENERIC_READ | FILE_WRITE_ATTRIBUTES`: to set the times of a file that is open for reading only.
        const READ_AND_TOUCH: u32 = 0x8000_0000 | 0x0100;
        if let Ok(file) = File::options().access_mode(READ_AND_TOUCH).open(path) {
            return Ok(file);
        }
    }
    open(path)
}

/// Opens a file for an exclusive lock.
///
/// NFS turns `flock` into a record lock, which needs a file that is open for writing (flock(2)). A read-only file is
/// opened for reading, and can be locked on every other file system.
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

/// Reads a file of at most `limit` bytes.
pub(crate) fn read(mut file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::with_capacity(AT_ONCE);
    file.by_ref().take(limit.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("larger than {limit} bytes")));
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
    fn links_pipes_and_directories_are_rejected_at_once() {
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
