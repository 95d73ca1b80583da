//! Finding the Python files of a repository.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::GraphBuilderConfig;
use crate::error::Error;
use crate::graph::SkipReason;

/// A Python file below the root.
pub(crate) struct FoundFile {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) location: PathBuf,
}

/// All Python files below a root, and what could not be looked into.
#[derive(Default)]
pub(crate) struct Walk {
    /// What lies in a directory lies together, names in byte order.
    pub(crate) files: Vec<FoundFile>,
    pub(crate) skipped: Vec<(String, SkipReason)>,
}

impl Walk {
    /// Looks through `root`, which may be a link itself; links below it are left alone, be they files or directories.
    pub(crate) fn through(root: &Path, config: &GraphBuilderConfig) -> Result<Self, Error> {
        let refused = |source| Error::Root { path: root.to_owned(), source };
        if !fs::metadata(root).map_err(refused)?.is_dir() {
            return Err(Error::NotADirectory { path: root.to_owned() });
        }
        // The root has to be readable; of what lies below, a part is better than nothing.
        fs::read_dir(root).map_err(refused)?;
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
            // The entry's own type: a link is neither a file nor a directory. A pipe named `x.py` is no file either;
            // reading it would wait for ever.
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
                // A lossy id could be another file's.
                None => self.skip(&join(path, &name.to_string_lossy()), SkipReason::NotUtf8),
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

/// A relative path one level down; the root is the empty path.
pub(crate) fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// Whether this is the file of a package.
pub(crate) fn is_package(path: &str) -> bool {
    path.rsplit('/').next() == Some("__init__.py")
}

/// The path of the directory that holds `path`; empty for what lies in the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}
