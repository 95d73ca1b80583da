//! What file systems may refuse without being of no use.

use std::fs::File;
use std::io;

/// Brings a file, or the names in a directory, to disk, where the file system can.
///
/// Some file systems refuse this for directories, or for all files (`EINVAL`: fsync(2)). Then a power failure may damage
/// an artifact that was published just before. That does no harm: every byte is compared at its first use in a run.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(error) if is_unsupported(&error) => Ok(()),
        synced => synced,
    }
}

/// Returns `true` if the error of changing permissions says that the file system has none, or none that this user may
/// change.
pub(crate) fn has_no_permissions(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied || is_unsupported(error)
}

#[cfg(unix)]
fn is_unsupported(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP, Errno::BADF]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(not(unix))]
fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
}
