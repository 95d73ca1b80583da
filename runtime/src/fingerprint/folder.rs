//! The digest of a tree of files: names, kinds, the executable bit and content.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::path::Path;

use super::{Parts, file_digest};
use crate::error::Error;
use crate::layout;

/// Digests every file below `root`, as far as its directories are part of it.
pub(super) fn digest(root: &Path) -> Result<String, Error> {
    let mut parts = Parts::default();
    add_directory(&mut parts, root, root)?;
    Ok(parts.finish())
}

fn add_directory(parts: &mut Parts, root: &Path, directory: &Path) -> Result<(), Error> {
    let mut entries = fs::read_dir(directory)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(Error::io("list the directory", directory))?;
    // The order of a directory is up to the file system.
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let metadata = entry.metadata().map_err(Error::io("look at", &path))?;
        if metadata.is_dir() {
            if is_part(&path) {
                add_directory(parts, root, &path)?;
            }
        } else {
            parts.add(path.strip_prefix(root).unwrap_or(&path).as_os_str().as_encoded_bytes());
            add_file(parts, &path, &metadata)?;
        }
    }
    Ok(())
}

/// Whether a directory below the root counts. Those of git itself do not: they change without the files changing; and a cache of ours
/// changes in every run.
pub(super) fn is_part(directory: &Path) -> bool {
    directory.file_name() != Some(OsStr::new(".git")) && !layout::is_cache(directory)
}

/// Adds what is at `path`, as far as a builder could see it.
pub(super) fn add_file(parts: &mut Parts, path: &Path, metadata: &Metadata) -> Result<(), Error> {
    if metadata.is_symlink() {
        let target = fs::read_link(path).map_err(Error::io("read the link", path))?;
        parts.add("link").add(OsStr::as_encoded_bytes(target.as_os_str()));
    } else if metadata.is_file() {
        parts.add(if is_executable(metadata) { "executable" } else { "file" }).add(file_digest(path)?);
    } else {
        // A socket or a pipe has no content that could be read.
        parts.add("special");
    }
    Ok(())
}

#[cfg(unix)]
pub(super) fn is_executable(metadata: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
pub(super) fn is_executable(_: &Metadata) -> bool {
    false
}
