//! Resolves a symbolic link, and reports every link on the way.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::error::Error;

/// The limit on links. Linux follows 40, and no system follows more by default, so a build cannot read beyond them.
const MAX_LINKS: usize = 40;

/// An existing target of a link.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The path of the file or directory, without links.
    pub(super) target: PathBuf,
    /// Every link on the way, the first one included. Each parent directory is a path without links.
    pub(super) through: Vec<PathBuf>,
}

/// Follows `link`, whose parent directory must be a path without links. Returns `None` if the link is broken.
///
/// `Path::canonicalize` reports only the target. The links on the way matter as well: a link that does not count can be
/// pointed at another file that counts.
pub(super) fn resolve(link: &Path) -> Result<Option<Resolved>, Error> {
    let mut target = link.parent().unwrap_or(link).to_owned();
    let mut rest: VecDeque<OsString> = link.file_name().map(OsString::from).into_iter().collect();
    let mut through = Vec::new();
    while let Some(name) = rest.pop_front() {
        match Path::new(&name).components().next() {
            None | Some(Component::CurDir) => continue,
            Some(Component::ParentDir) => {
                target.pop();
                continue;
            }
            Some(Component::RootDir | Component::Prefix(_)) => {
                // Replaces everything but a prefix before it.
                target.push(&name);
                continue;
            }
            Some(Component::Normal(_)) => target.push(&name),
        }
        match target.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => {}
            Ok(_) => continue,
            Err(error) if is_absence(error.kind()) => return Ok(None),
            Err(error) => return Err(Error::io("follow the link to", &target)(error)),
        }
        let text = target.read_link().map_err(Error::io("read the link", &target))?;
        through.push(target.clone());
        if through.len() > MAX_LINKS {
            return Ok(None);
        }
        target.pop();
        for component in text.components().rev() {
            rest.push_front(component.as_os_str().to_owned());
        }
    }
    Ok(Some(Resolved { target, through }))
}

fn is_absence(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn every_link_on_the_way_is_reported() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let root = directory.path().canonicalize().expect("there");
        fs::create_dir_all(root.join("a/b")).expect("made");
        fs::write(root.join("a/b/file"), "").expect("written");
        symlink("a", root.join("first")).expect("linked");
        symlink(root.join("first/b"), root.join("a/second")).expect("linked");
        symlink("./first/../a/second/file", root.join("link")).expect("linked");
        let resolved = resolve(&root.join("link")).expect("readable").expect("there");
        assert_eq!(resolved.target, root.join("a/b/file"));
        assert_eq!(resolved.through, ["link", "first", "a/second", "first"].map(|name| root.join(name)));
    }

    #[test]
    fn a_link_without_a_target_is_broken() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let root = directory.path().canonicalize().expect("there");
        fs::write(root.join("file"), "").expect("written");
        let long = "x".repeat(5000);
        for text in ["link", "missing", "missing/..", "file/below", &long[..300]] {
            let _ = fs::remove_file(root.join("link"));
            symlink(text, root.join("link")).expect("linked");
            assert!(resolve(&root.join("link")).expect("readable").is_none(), "{text}");
        }
    }
}
