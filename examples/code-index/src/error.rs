//! What can go wrong, always with the path at fault.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a graph or an index could not be built, written, read or searched.
///
/// Messages are lower-case fragments that fit after "failed to …". Trouble with a single Python file is no error: the
/// file is kept without children and counted in [`Statistics`](crate::Statistics).
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The repository's root cannot be looked at.
    Root {
        /// The root as given.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The repository's root is something else than a directory.
    NotADirectory {
        /// The root as given.
        path: PathBuf,
    },
    /// The worker threads could not be started.
    Threads {
        /// What the thread pool answered.
        source: rayon::ThreadPoolBuildError,
    },
    /// A file of a graph or an index cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// A file of a graph or an index cannot be written.
    Write {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The file was written by something else than this crate.
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by another version of this crate.
    Format {
        /// The file.
        path: PathBuf,
        /// The format version found there.
        found: u64,
        /// The format version that this build reads.
        supported: u64,
    },
    /// The file is cut short or was changed after it was written.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// The graph has more text or records than its format has numbers for: 2 GiB.
    TooLarge,
    /// An index was to be built where one already lies.
    IndexExists {
        /// The directory.
        path: PathBuf,
    },
    /// The search library failed.
    Search {
        /// The index's directory; `None` for an index in memory.
        path: Option<PathBuf>,
        /// What the library answered. Boxed: it is ten times the size of the other variants.
        source: Box<tantivy::TantivyError>,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root { path, source } => {
                write!(f, "open the repository {}: {source}; give the path of an existing directory", path.display())
            }
            Self::NotADirectory { path } => {
                write!(f, "open the repository {}: not a directory; give the repository's root", path.display())
            }
            Self::Threads { source } => write!(f, "start the worker threads: {source}"),
            Self::Read { path, source } => write!(f, "read {}: {source}", path.display()),
            Self::Write { path, source } => write!(f, "write {}: {source}", path.display()),
            Self::Foreign { path } => {
                write!(f, "read {}: not written by code-index; build it again with `write_to`", path.display())
            }
            Self::Format { path, found, supported } => write!(
                f,
                "read {}: format {found}, this build reads format {supported}; build it again",
                path.display()
            ),
            Self::Damaged { path, reason } => {
                write!(f, "read {}: damaged ({reason}); delete it and build it again", path.display())
            }
            Self::TooLarge => {
                f.write_str("write a graph of more than 2 GiB; let `max_file_bytes` leave out large files")
            }
            Self::IndexExists { path } => {
                write!(f, "build an index in {}: one is there already; choose an empty directory", path.display())
            }
            Self::Search { path: Some(path), source } => write!(f, "use the index in {}: {source}", path.display()),
            Self::Search { path: None, source } => write!(f, "use the index in memory: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Root { source, .. } | Self::Read { source, .. } | Self::Write { source, .. } => Some(source),
            Self::Threads { source } => Some(source),
            Self::Search { source, .. } => Some(source.as_ref()),
            Self::NotADirectory { .. }
            | Self::Foreign { .. }
            | Self::Format { .. }
            | Self::Damaged { .. }
            | Self::TooLarge
            | Self::IndexExists { .. } => None,
        }
    }
}
