//! The digest of a tree of files: names, kinds, the executable bit and content.

mod links;
mod rules;
mod walk;

use std::fs::{self, Metadata};
use std::path::Path;

pub(crate) use rules::is_executable;
pub(super) use rules::{is_skipped, is_skipped_file};
pub(super) use walk::{Entry, Walk};

use crate::digest::{Parts, file_digest};
use crate::error::Error;
use crate::paths;

/// Digests every file and directory below `root` that is not skipped, and the content behind links that leave it.
/// Returns the digest, and everything that it depends on.
pub(super) fn digest(root: &Path) -> Result<(String, Vec<Entry>), Error> {
    let mut walk = Walk::new(root, |inside| is_counted(root, inside));
    walk.add_root()?;
    let mut parts = Parts::default();
    walk.add_to(&mut parts)?;
    Ok((parts.finish(), walk.into_entries()))
}

/// Returns `true` for a path that the walk from `root` reaches without following a link.
fn is_counted(root: &Path, inside: &Path) -> bool {
    let directories = inside.ancestors().filter(|path| !path.as_os_str().is_empty()).map(|path| root.join(path));
    !directories.filter(|path| path.is_dir()).any(|directory| is_skipped(&directory))
}

/// Adds the file, link or special file at `path`, as a build sees it without following a link.
pub(super) fn add_file(parts: &mut Parts, path: &Path, metadata: &Metadata) -> Result<(), Error> {
    if metadata.is_symlink() {
        let target = fs::read_link(path).map_err(Error::io("read the link", path))?;
        parts.add("link").add(paths::bytes(target.as_os_str()));
    } else if metadata.is_file() {
        parts.add(if is_executable(metadata) { "executable" } else { "file" }).add(file_digest(path)?);
    } else {
        // A socket or a pipe has no content to read.
        parts.add("special");
    }
    Ok(())
}
