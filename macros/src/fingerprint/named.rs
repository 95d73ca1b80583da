//! A directory or file that the user named.

use super::files::{self, Extent};
use crate::message;
use crate::shared::suggestion;
use std::path::{Path, PathBuf};

/// The code to fingerprint.
#[derive(Debug, Default)]
pub(super) struct Subject {
    pub(super) named: Vec<Named>,
    /// The package that is being compiled counts: its library, and the sources of the current crate.
    pub(super) own: bool,
    /// Dependencies count by their sources.
    pub(super) portable: bool,
}

/// A directory or file below the workspace's root that exists.
#[derive(Debug)]
pub(super) struct Named {
    /// The literal of the user.
    pub(super) name: String,
    /// The path as the user spelled it.
    pub(super) path: PathBuf,
    /// The canonical path, which can be compared with others.
    pub(super) canonical: PathBuf,
}

impl Named {
    /// Finds the directory or file `name`, relative to `manifest_dir`.
    ///
    /// # Errors
    ///
    /// Returns a message if the name is malformed, does not exist, or leads out of the workspace.
    pub(super) fn find(manifest_dir: &Path, root: &Path, name: &str) -> Result<Self, String> {
        if name.is_empty() {
            return Err(message::empty_name().to_owned());
        }
        if Path::new(name).is_absolute() || name.starts_with('/') {
            return Err(message::absolute_name(name));
        }
        let path = manifest_dir.join(name);
        let canonical =
            path.canonicalize().map_err(|_| message::missing_name(name, manifest_dir, sibling(&path).as_deref()))?;
        let root_canonical = root.canonicalize().map_err(|error| message::unreadable(root, &error))?;
        if !canonical.starts_with(&root_canonical) {
            return Err(message::name_outside(name, root));
        }
        Ok(Self { name: name.to_owned(), path, canonical })
    }

    /// Checks that a directory contains files. The name of an empty directory is most likely a mistake.
    ///
    /// # Errors
    ///
    /// Returns a message if the directory is empty or cannot be read.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.canonical.is_dir() && files::collect(&self.path, Extent::Everything)?.files.is_empty() {
            return Err(message::no_files(&self.name));
        }
        Ok(())
    }

    /// Returns `true` if a canonical path is the named path or lies below it.
    pub(super) fn covers(&self, canonical: &Path) -> bool {
        canonical.starts_with(&self.canonical)
    }
}

/// Returns the entry of the same directory whose name is most similar to that of the missing file.
fn sibling(missing: &Path) -> Option<String> {
    let name = missing.file_name()?.to_str()?;
    let siblings: Vec<String> =
        missing.parent()?.read_dir().ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    suggestion::nearest(name, siblings.iter().map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::workspace::Workspace;
    use super::*;

    fn rejection(name: &str) -> String {
        let workspace = Workspace::new();
        let root = workspace.root();
        Named::find(&root.join("app"), &root, name).map(|_| ()).expect_err(name)
    }

    #[test]
    fn names_are_relative_to_the_manifest() {
        let workspace = Workspace::new();
        let root = workspace.root();
        for name in ["../index/src", "../index/src/lib.rs"] {
            let found = Named::find(&root.join("app"), &root, name).expect("exists");
            assert_eq!(found.canonical, root.join("app").join(name).canonicalize().expect("exists"));
        }
    }

    #[test]
    fn names_outside_the_workspace_are_rejected() {
        assert!(rejection("").contains("write `.`"));
        assert!(rejection("/etc").contains("is an absolute path"));
        assert!(rejection("scr").contains("did you mean `src`?"));
        assert!(rejection("Crago.toml").contains("did you mean `Cargo.toml`?"));
        assert!(rejection("nowhere").contains("no file or directory `nowhere`"));
        assert!(rejection("../..").contains("outside the workspace"));
    }
}
