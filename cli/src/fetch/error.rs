//! What can go wrong: what failed, where, and how to mend it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a repository could not be fetched. Messages are lower-case fragments that read well after "failed to".
#[derive(Debug)]
pub(crate) enum FetchError {
    /// The source is a plain directory.
    NothingToFetch { path: PathBuf },
    /// The source does not say what it should.
    Source { text: String, reason: &'static str },
    /// There is something else at the destination.
    Occupied { path: PathBuf, wanted: String, found: Option<String> },
    /// A file or directory of the fetcher's own.
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// A program could not be started.
    Start { action: String, program: String, mend: &'static str, source: io::Error },
    /// A program ran and failed; `tail` is the end of what it said.
    Command { action: String, status: String, tail: String, mend: &'static str },
    /// A program gave no result in time, and was ended.
    Deadline { action: String, limit: Duration, tail: String, mend: &'static str },
    /// A program succeeded, but did not say what it should.
    Answer { action: String, answer: String },
    /// The downloaded file is not the one that was pinned.
    Digest { file: String, expected: String, found: String },
    /// The archive is not a gzipped tar file.
    ArchiveKind { file: String },
    /// The archive is damaged, or does what no source distribution does.
    Archive { file: PathBuf, entry: Option<String>, fault: Fault },
    /// The server gave another commit than the one asked for.
    Revision { url: String, expected: String, found: String },
    /// The fresh commit differs from the files that it was made of.
    NotClean { path: PathBuf, status: String },
}

/// What is wrong with an archive.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It cannot be read to its end.
    Unreadable(io::Error),
    /// It unpacks to more bytes than allowed.
    TooLarge(u64),
    /// It holds more entries than allowed.
    TooMany(u64),
    /// An entry is refused.
    Refused(&'static str),
}

impl FetchError {
    /// For `map_err`: an input or output error while doing `action` to `path`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| FetchError::Io { action, path: path.to_owned(), source }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchError::NothingToFetch { path } => {
                write!(f, "fetch {}: the repository is a directory of yours, there is nothing to fetch", path.display())
            }
            FetchError::Source { text, reason } => write!(f, "fetch {text:?}: {reason}"),
            FetchError::Occupied { path, wanted, found } => {
                write!(f, "fetch {wanted} into {}: ", path.display())?;
                match found {
                    Some(found) => write!(f, "{found} is there already")?,
                    None => f.write_str("something else is there already")?,
                }
                f.write_str("; move it away and fetch again")
            }
            FetchError::Io { action, path, .. } => write!(f, "{action} {}", path.display()),
            FetchError::Start { action, program, mend, .. } => {
                write!(f, "{action}: {program} cannot be started; {mend}")
            }
            FetchError::Command { action, status, tail, mend } => {
                write!(f, "{action}: {status}; {mend}{}", Tail(tail))
            }
            FetchError::Deadline { action, limit, tail, mend } => {
                write!(f, "{action}: no result within {} seconds; {mend}{}", limit.as_secs_f32(), Tail(tail))
            }
            FetchError::Answer { action, answer } => {
                write!(f, "{action}: an answer that means nothing{}", Tail(answer))
            }
            FetchError::Digest { file, expected, found } => write!(
                f,
                "accept {file}: its SHA-256 is {found}, and {expected} was expected; nothing was kept. Correct the \
                 pin if it is wrong; if it is right, the index serves another file than it did"
            ),
            FetchError::ArchiveKind { file } => {
                write!(f, "unpack {file}: only .tar.gz is supported; choose a release that has one, or a git source")
            }
            FetchError::Archive { file, entry, fault } => {
                write!(f, "unpack {}: ", file.display())?;
                if let Some(entry) = entry {
                    write!(f, "entry {entry:?}: ")?;
                }
                write!(f, "{fault}")
            }
            FetchError::Revision { url, expected, found } => {
                write!(f, "fetch {url}: commit {expected} was asked for, and {found} came")
            }
            FetchError::NotClean { path, status } => write!(
                f,
                "commit {}: this file system does not give back what was written, so that the revision would be \
                 another one than elsewhere{}",
                path.display(),
                Tail(status)
            ),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Unreadable(_) => f.write_str("it is damaged, incomplete or no archive; fetch again"),
            Fault::TooLarge(limit) => write!(f, "it unpacks to more than {limit} bytes"),
            Fault::TooMany(limit) => write!(f, "it has more than {limit} entries"),
            Fault::Refused(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for FetchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            FetchError::Io { source, .. }
            | FetchError::Start { source, .. }
            | FetchError::Archive { fault: Fault::Unreadable(source), .. } => Some(source),
            _ => None,
        }
    }
}

/// The end of a program's output, indented below the message; nothing when there is none.
struct Tail<'a>(&'a str);

impl fmt::Display for Tail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.lines().try_for_each(|line| write!(f, "\n    {line}"))
    }
}
