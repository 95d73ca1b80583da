//! A directory that the user named.

use crate::{message, suggestion};
use std::path::{Path, PathBuf};

/// A directory below the workspace's root that exists.
pub(super) struct Directory {
    /// As the user wrote it.
    pub(super) name: String,
    /// Where it is, spelled as the user did, so that cargo recognises its own package in the tracked paths.
    pub(super) path: PathBuf,
    /// Where it is, spelled in the one way that can be compared.
    pub(super) canonical: PathBuf,
}

impl Directory {
    /// Finds the directory `name`, relative to `manifest_dir`.
    ///
    /// # Errors
    ///
    /// What is wrong with the name, as a text for people.
    pub(super) fn find(manifest_dir: &Path, root: &Path, name: &str) -> Result<Self, String> {
        if name.is_empty() {
            return Err(message::empty_directory_name().to_owned());
        }
        if Path::new(name).is_absolute() || name.starts_with('/') {
            return Err(message::absolute_directory(name));
        }
        let path = manifest_dir.join(name);
        let canonical = path
            .canonicalize()
            .map_err(|_| message::missing_directory(name, manifest_dir, sibling(&path).as_deref()))?;
        if canonical.is_file() {
            return Err(message::file_for_directory(name, &parent(name)));
        }
        let root_canonical = root.canonicalize().map_err(|error| message::unreadable(root, &error))?;
        if !canonical.starts_with(&root_canonical) {
            return Err(message::directory_outside(name, root));
        }
        Ok(Self { name: name.to_owned(), path, canonical })
    }
}

/// The directory that holds the file `name`, as the user would write it.
fn parent(name: &str) -> String {
    match Path::new(name).parent().and_then(Path::to_str) {
        None | Some("") => ".".to_owned(),
        Some(parent) => parent.to_owned(),
    }
}

/// The directory beside the missing one whose name is nearest.
fn sibling(missing: &Path) -> Option<String> {
    let name = missing.file_name()?.to_str()?;
    let siblings: Vec<String> = missing
        .parent()?
        .read_dir()
        .ok()?
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    suggestion::nearest(name, siblings.iter().map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::workspace::Workspace;
    use super::*;

    fn rejection(name: &str) -> String {
        let workspace = Workspace::new();
        let root = workspace.root();
        Directory::find(&root.join("app"), &root, name).map(|_| ()).expect_err(name)
    }

    #[test]
    fn the_name_is_relative_to_the_manifest() {
        let workspace = Workspace::new();
        let root = workspace.root();
        let found = Directory::find(&root.join("app"), &root, "../index/src").expect("exists");
        assert_eq!(found.canonical, root.join("index/src").canonicalize().expect("exists"));
    }

    #[test]
    fn what_is_no_directory_of_the_workspace_is_rejected() {
        assert!(rejection("").contains("write `.`"));
        assert!(rejection("/etc").contains("is absolute"));
        assert!(rejection("scr").contains("did you mean `src`?"));
        assert!(rejection("nowhere").contains("there is no directory `nowhere`"));
        assert!(rejection("src/lib.rs").contains("name its directory, `src`"));
        assert!(rejection("Cargo.toml").contains("name its directory, `.`"));
        assert!(rejection("../..").contains("outside of the workspace"));
    }
}
