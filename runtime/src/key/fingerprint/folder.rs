//! The digest of a tree of files: names, kinds, the executable bit and content.

mod links;
mod walk;

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::path::Path;

pub(super) use walk::{Entry, Walk};

use crate::digest::{Parts, file_digest};
use crate::error::Error;
use crate::layout;

/// Directories of version control systems: they change without the files changing.
const VERSION_CONTROL: &[&str] = &[".git", ".hg", ".jj", ".svn"];

/// Digests every file and directory below `root` that counts, and the content behind links that leave it.
pub(super) fn digest(root: &Path) -> Result<String, Error> {
    let mut parts = Parts::default();
    entries(root)?.add_to(&mut parts)?;
    Ok(parts.finish())
}

/// Lists everything that [`digest`] depends on.
pub(super) fn entries(root: &Path) -> Result<Walk<'_>, Error> {
    let mut walk = Walk::new(root, |inside| is_counted(root, inside));
    walk.add_root()?;
    Ok(walk)
}

/// Returns `true` for a path that the walk from `root` reaches without following a link.
fn is_counted(root: &Path, inside: &Path) -> bool {
    let directories = inside.ancestors().filter(|path| !path.as_os_str().is_empty()).map(|path| root.join(path));
    !directories.filter(|path| path.is_dir()).any(|directory| is_left_out(&directory))
}

/// Returns `true` for a directory below the root that does not count: it belongs to version control, or it is a cache.
pub(super) fn is_left_out(directory: &Path) -> bool {
    is_of_version_control(directory) || layout::is_tagged_as_cache(directory)
}

fn is_of_version_control(directory: &Path) -> bool {
    directory.file_name().is_some_and(|name| VERSION_CONTROL.iter().any(|left_out| name == *left_out))
}

/// Adds what is at `path`, as far as a builder could see it without following a link.
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
pub(crate) fn is_executable(metadata: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
pub(crate) fn is_executable(_: &Metadata) -> bool {
    false
}
