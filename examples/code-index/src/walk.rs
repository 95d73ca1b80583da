//! Finds the Python files of a repository.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::GraphBuilderConfig;
use crate::error::Error;
use crate::graph::SkipReason;

/// The names of directories and files that hold asides.
const ASIDE_NAMES: [&str; 8] =
    ["test", "tests", "testing", "conftest", "examples", "galleries", "benchmarks", "asv_benchmarks"];

/// A Python file below the root.
pub(crate) struct FoundFile {
    /// The path relative to the root, with `/`.
    pub(crate) path: String,
    /// The path on disk.
    pub(crate) location: PathBuf,
}

/// The Python files below a root, and the skipped paths.
#[derive(Default)]
pub(crate) struct Walk {
    /// The files, ordered by the parts of their paths: the files of a directory are adjacent, names are in byte order.
    pub(crate) files: Vec<FoundFile>,
    pub(crate) skipped: Vec<(String, SkipReason)>,
}

impl Walk {
    /// Walks a directory. The root may be a symbolic link; symbolic links below it are ignored.
    pub(crate) fn through(root: &Path, config: &GraphBuilderConfig) -> Result<Self, Error> {
        let root_error = |source| Error::Root { path: root.to_owned(), source };
        if !fs::metadata(root).map_err(root_error)?.is_dir() {
            return Err(Error::NotADirectory { path: root.to_owned() });
        }
        // An unreadable root is an error. Unreadable directories below it are skipped, so that the rest is in the
        // graph.
        fs::read_dir(root).map_err(root_error)?;
        let mut walk = Self::default();
        let mut pending = vec![(root.to_owned(), String::new())];
        while let Some((location, path)) = pending.pop() {
            walk.enter(&location, &path, config, &mut pending);
        }
        walk.files.sort_by(|a, b| a.path.split('/').cmp(b.path.split('/')));
        Ok(walk)
    }

    fn enter(
        &mut self,
        location: &Path,
        path: &str,
        config: &GraphBuilderConfig,
        pending: &mut Vec<(PathBuf, String)>,
    ) {
        let Ok(entries) = fs::read_dir(location) else {
            return self.skip(path, SkipReason::Unreadable);
        };
        for entry in entries {
            let Ok(entry) = entry else {
                self.skip(path, SkipReason::Unreadable);
                continue;
            };
            let name = entry.file_name();
            // The type of the entry itself: a symbolic link is neither a file nor a directory, and so is a pipe named
            // `x.py`, which would block its reader forever.
            let Ok(kind) = entry.file_type() else {
                self.skip(&join(path, &name.to_string_lossy()), SkipReason::Unreadable);
                continue;
            };
            let skipped_directory = || config.skip_directories.iter().any(|skipped| name == skipped.as_str());
            let wanted = if kind.is_dir() { !skipped_directory() } else { kind.is_file() && is_python(&name) };
            if !wanted {
                continue;
            }
            match name.to_str() {
                // No node, because the lossy id could equal the id of another file.
                None => self.skip(&join(path, &name.to_string_lossy()), SkipReason::NotDecodable),
                Some(name) if kind.is_dir() => pending.push((entry.path(), join(path, name))),
                Some(name) => self.files.push(FoundFile { path: join(path, name), location: entry.path() }),
            }
        }
    }

    fn skip(&mut self, path: &str, reason: SkipReason) {
        self.skipped.push((path.to_owned(), reason));
    }
}

fn is_python(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(b".py")
}

/// Joins a relative path and a name. The root is the empty path.
pub(crate) fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// Returns `true` for the `__init__.py` of a package.
pub(crate) fn is_package(path: &str) -> bool {
    path.rsplit('/').next() == Some("__init__.py")
}

/// Returns the directory of a relative path; the empty path for the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Returns `true` for the path of an *aside*: a test, an example or a benchmark. Asides are code about other code,
/// which users rarely search for and which other code rarely calls.
pub(crate) fn is_aside(path: &str) -> bool {
    path.split('/').any(|part| {
        let part = part.strip_suffix(".py").unwrap_or(part);
        ASIDE_NAMES.contains(&part) || part.starts_with("test_") || part.ends_with("_test")
    })
}
