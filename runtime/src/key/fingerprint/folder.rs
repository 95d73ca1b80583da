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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_finder_does_not_count() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let root = paths::real(directory.path()).expect("it exists");
        fs::create_dir(root.join("below")).expect("made");
        fs::write(root.join("below/file"), "1").expect("written");
        let of_root = || digest(&root).expect("readable").0;
        let before = of_root();
        fs::write(root.join("below/.DS_Store"), "the place of a window").expect("written");
        assert_eq!(of_root(), before);
        fs::write(root.join("below/.DS_Store2"), "").expect("written");
        assert_ne!(of_root(), before);
    }

    /// The digest of a tree is the same on every system: no separator of a system is part of it.
    #[test]
    fn a_tree_has_one_digest_on_every_system() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let root = paths::real(directory.path()).expect("it exists");
        fs::create_dir_all(root.join("a/b")).expect("made");
        fs::write(root.join("a/b/file"), "1").expect("written");
        let digest = digest(&root).expect("readable").0;
        assert_eq!(digest, "187ffc8715ac10f7ce10b5ee2c914d443295835bfb8b1415060d3dac9bb9ca9d");
    }
}
