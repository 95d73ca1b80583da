//! Operations that a usable file system may still refuse, or that differ between systems.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Flushes a file, or the names in a directory, to disk, if the file system supports it.
///
/// Some file systems refuse this for directories, or for all files (`EINVAL`: fsync(2)). Then a power failure may
/// damage an artifact that was published just before. That does no harm: the first use in a run compares every byte.
///
/// On systems of Apple, the data may then still be in the memory of the drive. [`sync_drive`] flushes that, once for
/// any number of files.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    #[cfg(target_vendor = "apple")]
    let synced = rustix::fs::fsync(file).map_err(io::Error::from);
    #[cfg(not(target_vendor = "apple"))]
    let synced = file.sync_all();
    or_unsupported(synced)
}

/// As [`sync`]. On systems of Apple, it also moves everything that was flushed before out of the memory of the drive
/// (`F_FULLFSYNC`).
pub(crate) fn sync_drive(file: &File) -> io::Result<()> {
    or_unsupported(file.sync_all())
}

fn or_unsupported(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if is_unsupported(&error) || is_bad_descriptor(&error) => Ok(()),
        synced => synced,
    }
}

/// Returns the entries of a directory that can be read; none if the directory cannot be read.
///
/// They are read at once: an iterator over a vector takes less time to compile than one over results.
pub(crate) fn entries(directory: &Path) -> impl Iterator<Item = fs::DirEntry> + use<> {
    let entries: Vec<_> = fs::read_dir(directory).into_iter().flatten().flatten().collect();
    entries.into_iter()
}

/// Renames a file or directory to a path where nothing is.
///
/// Windows does not rename a directory while a process, such as a test or a virus scanner, has a file in it open. It
/// renames the file itself, if that is shared for removal, as Rust opens files. So there, the files are moved one by
/// one if the directory cannot be.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if is_in_use(&error) && from.is_dir() => move_files(from, to),
        renamed => renamed,
    }
}

/// Renames a file to a path where another file may be, which other processes may be reading.
///
/// Some versions of Windows do not replace an open file, but rename it. Then there is no file at the path for a moment.
pub(crate) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if is_in_use(&error) => replace_in_use(from, to),
        renamed => renamed,
    }
}

fn replace_in_use(from: &Path, to: &Path) -> io::Result<()> {
    // The name of `from` is unpredictable, and so is this one.
    let aside = from.with_extension("old");
    fs::rename(to, &aside)?;
    let renamed = fs::rename(from, to);
    let _ = fs::remove_file(aside);
    renamed
}

/// Returns `true` if the error says that another process uses a file, on Windows.
fn is_in_use(error: &io::Error) -> bool {
    const ERROR_ACCESS_DENIED: i32 = 5;
    const ERROR_SHARING_VIOLATION: i32 = 32;
    cfg!(windows) && matches!(error.raw_os_error(), Some(ERROR_ACCESS_DENIED | ERROR_SHARING_VIOLATION))
}

/// Moves each file below a directory into the new directory `to`, and removes the empty directories.
fn move_files(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            move_files(&entry.path(), &target)?;
        } else {
            fs::rename(entry.path(), target)?;
        }
    }
    fs::remove_dir(from)
}

/// Returns `true` if the error of a change of permissions says that the file system has none, or that this user may not
/// change them.
pub(crate) fn has_no_permissions(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied || is_unsupported(error) || is_bad_descriptor(error)
}

/// Returns `true` if the error says that the file system does not support the operation for any file.
pub(crate) fn is_unsupported(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP].iter().any(|errno| is(error, *errno))
    }
    #[cfg(not(unix))]
    {
        error.kind() == io::ErrorKind::Unsupported
    }
}

/// Returns `true` if the error says that the file is not open in the mode that the operation needs.
pub(crate) fn is_bad_descriptor(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        is(error, rustix::io::Errno::BADF)
    }
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

/// Returns `true` if the error has this code.
#[cfg(unix)]
pub(crate) fn is(error: &io::Error, errno: rustix::io::Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

/// Changes the permissions of a file. On systems other than Unix, only the owner's permission to write counts.
#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    const OWNER_MAY_WRITE: u32 = 0o200;
    let mut permissions = fs::metadata(path)?.permissions();
    permissions.set_readonly(mode & OWNER_MAY_WRITE == 0);
    fs::set_permissions(path, permissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(root: &Path) {
        fs::create_dir_all(root.join("a/empty")).expect("created");
        fs::write(root.join("a/file"), "1").expect("written");
        fs::write(root.join("file"), "2").expect("written");
    }

    #[test]
    fn a_tree_is_moved_file_by_file() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        tree(&from);
        move_files(&from, &to).expect("moved");
        assert!(!from.exists() && to.join("a/empty").is_dir());
        assert_eq!(fs::read(to.join("a/file")).expect("readable"), b"1");
        assert_eq!(fs::read(to.join("file")).expect("readable"), b"2");
    }

    #[test]
    fn a_file_is_set_aside_and_replaced() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (from, to) = (directory.path().join(".from"), directory.path().join("to"));
        fs::write(&from, "new").expect("written");
        fs::write(&to, "old").expect("written");
        replace_in_use(&from, &to).expect("replaced");
        assert_eq!(fs::read(&to).expect("readable"), b"new");
        assert_eq!(fs::read_dir(directory.path()).expect("readable").count(), 1);
    }

    #[test]
    fn a_tree_with_an_open_file_can_be_moved() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        tree(&from);
        set_mode(&from.join("a/file"), 0o444).expect("changed");
        let open = File::open(from.join("a/file")).expect("readable");
        rename(&from, &to).expect("moved");
        assert!(!from.exists());
        assert_eq!(io::read_to_string(&open).expect("still readable"), "1");
        drop(open);
        fs::remove_dir_all(&to).expect("a read-only file can be removed");
    }
}
