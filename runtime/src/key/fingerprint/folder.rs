//! The digest of a tree of files: names, kinds, the executable bit and content.

mod links;
mod rules;
mod walk;

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::path::Path;

pub(crate) use rules::is_executable;
pub(super) use rules::{is_skipped, is_skipped_file};
pub(super) use walk::{Entry, Walk};

use super::listing::listing;
use crate::digest::{Parts, file_digest};
use crate::error::Error;
use crate::paths;

/// The digest of a tree.
pub(super) struct Digested {
    pub(super) digest: String,
    /// The files with their digests, to show the changes.
    pub(super) listing: String,
    /// Everything that the digest depends on.
    pub(super) entries: Vec<Entry>,
}

/// Digests every file and directory below `root` that is not skipped, and the content behind links that leave it.
pub(super) fn digest(root: &Path) -> Result<Digested, Error> {
    let mut walk = Walk::new(root, |inside| is_counted(root, inside));
    walk.add_root()?;
    let mut parts = Parts::default();
    let listed = walk.add_to(&mut parts)?;
    Ok(Digested { digest: parts.finish(), listing: listing(&listed), entries: walk.into_entries() })
}

/// Returns `true` for a path that the walk from `root` reaches without following a link.
fn is_counted(root: &Path, inside: &Path) -> bool {
    let directories = inside.ancestors().filter(|path| !path.as_os_str().is_empty()).map(|path| root.join(path));
    !directories.filter(|path| path.is_dir()).any(|directory| is_skipped(&directory))
}

/// Adds the file, link or special file at `path`, as a build sees it without following a link. Returns a text that
/// changes with it, for a listing.
pub(super) fn add_file(parts: &mut Parts, path: &Path, metadata: &Metadata) -> Result<String, Error> {
    if metadata.is_symlink() {
        let target = fs::read_link(path).map_err(Error::io("read the link", path))?;
        parts.add("link").add(paths::bytes(target.as_os_str()));
        return Ok(listed("link", Some(target.as_os_str()), None));
    }
    if !metadata.is_file() {
        // A socket or a pipe has no content to read.
        parts.add("special");
        return Ok(listed("special", None, None));
    }
    let kind = if is_executable(metadata) { "executable" } else { "file" };
    let digest = file_digest(path)?;
    parts.add(kind).add(&digest);
    Ok(listed(kind, None, Some(&digest)))
}

/// Returns the text of an entry in a listing.
fn listed(kind: &str, detail: Option<&OsStr>, digest: Option<&str>) -> String {
    let mut parts = Parts::default();
    parts.add(kind).add(paths::bytes(detail.unwrap_or_default())).add(digest.unwrap_or_default());
    parts.finish()
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
        let of_root = || digest(&root).expect("readable").digest;
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
        let digest = digest(&root).expect("readable").digest;
        assert_eq!(digest, "187ffc8715ac10f7ce10b5ee2c914d443295835bfb8b1415060d3dac9bb9ca9d");
    }
}
