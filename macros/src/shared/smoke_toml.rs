//! Finds the `smoke.toml` that applies to a package.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) const FILE_NAME: &str = "smoke.toml";

/// A `smoke.toml`.
#[derive(Debug)]
pub(crate) struct SmokeTomlFile {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A `smoke.toml` that cannot be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) path: PathBuf,
    pub(crate) error: io::Error,
}

/// Reads the nearest `smoke.toml` in `start` or above it. Returns `None` if there is none.
///
/// A directory or device of that name is skipped.
///
/// # Errors
///
/// Returns the nearest file if it cannot be read.
pub(crate) fn find(start: &Path) -> Result<Option<SmokeTomlFile>, Unreadable> {
    for directory in start.ancestors() {
        let path = directory.join(FILE_NAME);
        let text = match fs::metadata(&path) {
            Ok(found) if found.is_file() => fs::read_to_string(&path),
            Ok(_) => continue,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => continue,
            Err(error) => Err(error),
        };
        return match text {
            Ok(text) => Ok(Some(SmokeTomlFile { path, text })),
            Err(error) => Err(Unreadable { path, error }),
        };
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// Returns a workspace and a package in it.
    fn workspace() -> (TempDir, PathBuf) {
        let workspace = TempDir::new().expect("temporary directory");
        let package = workspace.path().join("crates/index");
        fs::create_dir_all(&package).expect("package");
        (workspace, package)
    }

    fn found(start: &Path) -> Option<String> {
        find(start).expect("readable").map(|file| file.text)
    }

    #[test]
    fn the_nearest_file_applies() {
        let (workspace, package) = workspace();
        assert_eq!(found(&package), None);
        fs::write(workspace.path().join(FILE_NAME), "far").expect("smoke.toml");
        assert_eq!(found(&package).as_deref(), Some("far"));
        fs::write(package.join(FILE_NAME), "near").expect("smoke.toml");
        assert_eq!(found(&package).as_deref(), Some("near"));
    }

    #[test]
    fn directories_are_skipped() {
        let (workspace, package) = workspace();
        fs::create_dir(package.join(FILE_NAME)).expect("directory");
        assert_eq!(found(&package), None);
        fs::write(workspace.path().join(FILE_NAME), "far").expect("smoke.toml");
        assert_eq!(found(&package).as_deref(), Some("far"));
    }

    #[test]
    fn an_unreadable_file_is_an_error() {
        let (_workspace, package) = workspace();
        fs::write(package.join(FILE_NAME), b"\xff").expect("smoke.toml");
        let Unreadable { path, error } = find(&package).expect_err("not UTF-8");
        assert_eq!((path, error.kind()), (package.join(FILE_NAME), io::ErrorKind::InvalidData));
    }
}
