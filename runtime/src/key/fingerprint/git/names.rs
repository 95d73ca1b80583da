//! Paths in a work tree, as git writes them.

use std::ffi::OsStr;
use std::path::{Component, Path};

use super::command::os_str;
use crate::error::Error;

/// The paths that count in a work tree: files, submodules, and repositories that are not tracked.
pub(super) struct Names(Vec<Vec<u8>>);

impl Names {
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a OsStr>) -> Names {
        let mut names: Vec<Vec<u8>> = names.map(|name| with_slashes(Path::new(name))).collect();
        names.sort_unstable();
        Names(names)
    }

    /// Returns `true` if the path or anything below it counts.
    pub(super) fn has(&self, path: &Path) -> bool {
        let mut name = with_slashes(path);
        if name.is_empty() || self.0.binary_search(&name).is_ok() {
            return true;
        }
        name.push(b'/');
        let first = self.0.partition_point(|other| *other < name);
        self.0.get(first).is_some_and(|other| other.starts_with(&name))
    }
}

/// Writes a path as git does, without the slash at the end of a directory.
fn with_slashes(path: &Path) -> Vec<u8> {
    let names: Vec<&[u8]> = path.components().map(|component| component.as_os_str().as_encoded_bytes()).collect();
    names.join(&b'/')
}

/// Checks a path in the output of git. A path that does not lead down from the root would make a repository contain
/// itself.
pub(super) fn name_below<'a>(root: &Path, printed: &'a [u8]) -> Result<&'a OsStr, Error> {
    let name = os_str(printed)?;
    let mut components = Path::new(name).components().peekable();
    if components.peek().is_some() && components.all(|component| matches!(component, Component::Normal(_))) {
        return Ok(name);
    }
    Err(Error::Message(format!(
        "git lists the path `{}` in {}, which is not below it\n\
         help: clone the repository again",
        String::from_utf8_lossy(printed),
        root.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_below_the_root_are_accepted() {
        let is_accepted = |name: &str| name_below(Path::new("/r"), name.as_bytes()).is_ok();
        for name in ["a", "a/b", "sub/", " ", "..a", "a\nb"] {
            assert!(is_accepted(name), "{name}");
        }
        for name in ["", ".", "./", "./a", "..", "../r", "a/..", "a/../..", "/", "/r"] {
            assert!(!is_accepted(name), "{name}");
        }
    }

    #[test]
    fn a_directory_counts_if_anything_below_it_does() {
        let names = Names::of(["a.txt", "b-c/d", "b/c/d", "sub", "within/"].into_iter().map(OsStr::new));
        for path in ["", "a.txt", "b", "b/c", "b/c/d", "b-c", "sub", "within"] {
            assert!(names.has(Path::new(path)), "{path}");
        }
        for path in ["a", "a.tx", "b/d", "c", "sub/x", "within/x", "z"] {
            assert!(!names.has(Path::new(path)), "{path}");
        }
    }
}
