//! One fetch: locks the destination, fetches into a scratch directory, and publishes the repository.

use std::path::Path;

use anyhow::{Error, Result, anyhow};
use cached_smoke::tooling::Source;
use fs_err as fs;
use indicatif::ProgressBar;

use super::fetch_dir::FetchDir;
use super::git;
use super::origin::Origin;
use super::pypi::{self, Downloader};
use super::repository::Repository;

/// Fetches `source` into `destination`, which does not exist yet, and returns the full id of the commit.
///
/// `fetch_dir` is a directory on the same file system. It may be deleted when no fetch is in flight. `progress` shows
/// the step as its message, and the unpacked bytes as its position.
///
/// # Errors
/// Fails if the source is unreachable, hostile, or differs from its pin, or if `destination` holds another repository.
/// It is no error if another process fetched the same source meanwhile.
pub(super) fn fetch(source: &Source, destination: &Path, fetch_dir: &Path, progress: &ProgressBar) -> Result<String> {
    fetch_with(source, destination, fetch_dir, progress, Downloader::installed)
}

/// Fetches with a given downloader, which is created only when it is needed.
fn fetch_with(
    source: &Source,
    destination: &Path,
    fetch_dir: &Path,
    progress: &ProgressBar,
    downloader: impl FnOnce(&FetchDir, &Path, &ProgressBar) -> Result<Downloader>,
) -> Result<String> {
    check(source)?;
    let fetch_dir = FetchDir::open(fetch_dir)?;
    let destination = std::path::absolute(destination)?;
    let origin = Origin::of(source);
    let _lock = fetch_dir.lock_destination(&destination, progress)?;
    if fs::symlink_metadata(&destination).is_ok() {
        origin.check(&destination)?;
        return Repository::at(&destination).head();
    }

    let scratch = fetch_dir.scratch(progress)?;
    let staged = scratch.path().join("repository");
    let (commit, origin) = match source {
        Source::Path(path) => return Err(local(path)),
        Source::Git { url, rev } => (git::fetch(url, rev, &staged, progress)?, origin),
        Source::Pypi { requirement, sha256 } => {
            let downloader = downloader(&fetch_dir, scratch.path(), progress)?;
            let made = pypi::fetch(requirement, sha256.as_deref(), &staged, scratch.path(), &downloader, progress)?;
            (made.commit, origin.with_digest(made.sha256))
        }
    };
    origin.write(&staged)?;
    if let Some(parent) = destination.parent() {
        fs::create_dir_all(parent)?;
    }
    // Publishes the repository.
    fs::rename(&staged, &destination)?;
    progress.set_message(format!("fetched {}", origin.name()));
    Ok(commit)
}

/// Fails for a malformed source, before anything is locked, created or reached.
fn check(source: &Source) -> Result<()> {
    match source {
        Source::Path(path) => Err(local(path)),
        Source::Git { url, rev } => git::check(url, rev),
        Source::Pypi { requirement, sha256 } => pypi::check(requirement, sha256.as_deref()),
    }
}

fn local(path: &Path) -> Error {
    anyhow!("failed to fetch {}: the source is a directory of this machine", path.display())
}

#[cfg(test)]
mod tests;
