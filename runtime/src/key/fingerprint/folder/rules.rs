//! The rules for the files of a tree: which are skipped, and which are executable.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::Path;

use crate::layout;

/// Directories of version control systems, which change although the files do not.
const VERSION_CONTROL: &[&str] = &[".git", ".hg", ".jj", ".svn"];

/// Returns `true` for a directory below the root that is skipped: it belongs to version control, or it is a cache.
pub(in crate::key::fingerprint) fn is_skipped(directory: &Path) -> bool {
    is_of_version_control(directory) || layout::is_tagged_as_cache(directory)
}

fn is_of_version_control(directory: &Path) -> bool {
    directory.file_name().is_some_and(|name| VERSION_CONTROL.iter().any(|skipped| name == *skipped))
}

/// Returns `true` for a file that is skipped: the Finder of macOS writes it into each folder that it shows.
pub(in crate::key::fingerprint) fn is_skipped_file(name: &OsStr) -> bool {
    name == ".DS_Store"
}

#[cfg(unix)]
pub(crate) fn is_executable(metadata: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
pub(crate) fn is_executable(_: &Metadata) -> bool {
    false
}
