//! The error type of the crate.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// An error of building, writing, reading or searching a graph or an index.
///
/// The message says what failed, on which path and why; [`Self::help`] says what to do about it. A Python file that
/// cannot be used is not an error: it stays in the graph without children and is counted in
/// [`Statistics`](crate::Statistics).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The repository's root is missing or unreadable.
    #[error("failed to open the repository {path}: {source}")]
    Root {
        /// The root as given.
        path: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
    /// The repository's root is not a directory.
    #[error("failed to open the repository {path}: not a directory")]
    NotADirectory {
        /// The root as given.
        path: PathBuf,
    },
    /// The worker threads cannot be started.
    #[error("failed to start the worker threads: {source}")]
    Threads {
        /// The error of the thread pool.
        source: rayon::ThreadPoolBuildError,
    },
    /// A file of a graph or an index cannot be read.
    #[error("failed to read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
    /// A file of a graph or an index cannot be written.
    #[error("failed to write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
    /// The file was not written by this crate.
    #[error("failed to read {path}: not written by code-index")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by another version of this crate.
    #[error("failed to read {path}: it has format {found}, and this build reads format {supported}")]
    Format {
        /// The file.
        path: PathBuf,
        /// The format version of the file.
        found: u64,
        /// The format version that this build reads.
        supported: u64,
    },
    /// The file was truncated or changed after it was written.
    #[error("failed to read {path}: damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The inconsistency that was found.
        reason: String,
    },
    /// The graph has more text or records than its format can number: 2 GiB.
    #[error("failed to write a graph of more than 2 GiB")]
    TooLarge,
    /// The directory for a new index already holds one.
    #[error("failed to build an index in {path}: the directory already holds an index")]
    IndexExists {
        /// The directory.
        path: PathBuf,
    },
}

impl Error {
    /// Returns the action that fixes the problem, if there is a general one.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Root { .. } => Some("give the path of an existing directory"),
            Self::NotADirectory { .. } => Some("give the root directory of the repository"),
            Self::Foreign { .. } => Some("give the path of a file that `DependencyGraph::write_to` wrote"),
            Self::Format { .. } => Some("build it again"),
            Self::Damaged { .. } => Some("delete it and build it again"),
            Self::TooLarge => Some("lower `max_file_bytes`, so that large files are skipped"),
            Self::IndexExists { .. } => Some("choose an empty directory"),
            Self::Threads { .. } | Self::Read { .. } | Self::Write { .. } => None,
        }
    }
}
