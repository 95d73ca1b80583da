//! Operations that a usable file system may still refuse.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Flushes a file, or the names in a directory, to disk, if the file system supports it.
///
/// Some file systems refuse this for directories, or for all files (`EINVAL`: fsync(2)). Then a power failure may
/// damage an artifact that was published just before. That does no harm: the first use in a run compares every byte.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(error) if is_unsupported(&error) || is_bad_descriptor(&error) => Ok(()),
        synced => synced,
    }
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
