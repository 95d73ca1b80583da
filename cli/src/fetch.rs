//! Fetching repositories: from git servers, and source distributions from the Python package index.
//!
//! All or nothing, once: everything happens in a scratch directory of the workshop, and one rename publishes it. A fetch
//! that is killed leaves scratch, which the next one sweeps. Two processes that fetch the same destination take turns,
//! and the second finds it done. Not promised: that a repository fetched seconds before a power failure survives it.
//!
//! - A source distribution becomes a commit whose id depends on nothing but its files: it is the same on every machine,
//!   and can be pinned. Symbolic links in it are left out.
//! - A git source is one commit, detached, without history where the server allows that. Submodules and LFS objects are
//!   not fetched; `rev` is a full commit id, a tag or a branch.
//!
//! Nothing of what is fetched is run, and nothing is ever asked for interactively.

use std::fs;
use std::path::Path;

use cached_smoke::tooling::Source;
use indicatif::ProgressBar;

use self::origin::Origin;
use self::pypi::Downloader;
use self::repository::Repository;
use self::workshop::Workshop;

mod command;
mod commit;
mod error;
mod git;
mod origin;
mod pypi;
mod repository;
mod unpack;
mod workshop;

pub(crate) use self::error::FetchError;

/// A repository that is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    /// The full id of the commit that is checked out.
    pub(crate) revision: String,
}

/// Fetches `source` into `destination`, a directory that does not exist yet, all or nothing.
///
/// `workshop` is a directory of the fetcher's own on the same file system; it may be deleted when no fetch is under way.
/// `progress` shows the step as its message, and the unpacked bytes as its position.
///
/// # Errors
/// When the source cannot be had, is not what was pinned, or is hostile; when `destination` holds something else. If it
/// was fetched from the same source meanwhile, that is a success.
pub(crate) fn fetch(
    source: &Source,
    destination: &Path,
    workshop: &Path,
    progress: &ProgressBar,
) -> Result<Fetched, FetchError> {
    fetch_with(source, destination, workshop, progress, Downloader::installed)
}

/// [`fetch`] with a downloader of the caller's choice, which is made only when something is to be downloaded.
fn fetch_with(
    source: &Source,
    destination: &Path,
    workshop: &Path,
    progress: &ProgressBar,
    downloader: impl FnOnce(&Workshop, &Path, &ProgressBar) -> Result<Downloader, FetchError>,
) -> Result<Fetched, FetchError> {
    check(source)?;
    let workshop = Workshop::open(workshop)?;
    let destination = std::path::absolute(destination).map_err(FetchError::io("locate", destination))?;
    let origin = Origin::of(source);
    let _turn = workshop.lock_destination(&destination, progress)?;
    if fs::symlink_metadata(&destination).is_ok() {
        origin.check(&destination)?;
        return Ok(Fetched { revision: Repository::at(&destination).head()? });
    }

    let scratch = workshop.scratch(progress)?;
    let staged = scratch.path().join("repository");
    let (revision, origin) = match source {
        Source::Path(path) => return Err(FetchError::NothingToFetch { path: path.clone() }),
        Source::Git { url, rev } => (git::fetch(url, rev, &staged, progress)?, origin),
        Source::Pypi { requirement, sha256 } => {
            let downloader = downloader(&workshop, scratch.path(), progress)?;
            let made = pypi::fetch(requirement, sha256.as_deref(), &staged, scratch.path(), &downloader, progress)?;
            (made.revision, origin.with_digest(made.sha256))
        }
    };
    origin.write(&staged)?;
    publish(&staged, &destination)?;
    progress.set_message(format!("fetched {}", origin.name()));
    Ok(Fetched { revision })
}

/// Fails when `source` cannot be meant, before anything is locked, made or reached.
fn check(source: &Source) -> Result<(), FetchError> {
    match source {
        Source::Path(path) => Err(FetchError::NothingToFetch { path: path.clone() }),
        Source::Git { url, rev } => git::check(url, rev),
        Source::Pypi { requirement, sha256 } => pypi::check(requirement, sha256.as_deref()),
    }
}

/// The moment at which the repository comes to exist.
fn publish(staged: &Path, destination: &Path) -> Result<(), FetchError> {
    if let Some(parent) = destination.parent() {
        fs::create_dir_all(parent).map_err(FetchError::io("create", parent))?;
    }
    fs::rename(staged, destination).map_err(FetchError::io("publish the repository as", destination))
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
