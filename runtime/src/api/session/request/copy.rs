//! Private copies of an artifact's files: for a private view, and for a test that writes.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::ArtifactRequest;
use super::load::{LoadedFiles, Loading, PrivateFiles};
use super::stopwatch::Stopwatch;
use crate::api::session::Origin;
use crate::api::session::dyn_artifact::Value;
use crate::config::Mode;
use crate::error::Error;
use crate::store::copy::{self, Large};
use crate::store::manifest::ListedFile;
use crate::store::{Entry, Found, Staging, list_undigested, sweep_staging};
use crate::telemetry::{Activity, ArtifactReport};

/// The limit of attempts to copy an entry: each one fails only if another process replaces the entry at that moment.
const MAX_ATTEMPTS: usize = 100;

impl Loading<'_> {
    /// Copies the listed files into a private directory.
    pub(super) fn private_copy(&self, directory: &Path, files: &[ListedFile], large: Large) -> Result<Staging, Error> {
        let fill = |staging: Staging| copy::copy(directory, files, &staging.files(), large).map(|()| staging);
        // A copy on the file system of the cache can share blocks with the stored files. The copies of tests that have
        // ended are removed here, because one run may make many.
        let root = (self.process.config.mode == Mode::ReadWrite).then(|| self.process.layout.staging());
        if let Some(root) = &root {
            sweep_staging(root, SystemTime::now());
        }
        match root.map(|root| Staging::create(&root).and_then(fill)) {
            Some(Ok(copy)) => Ok(copy),
            _ => Staging::private().and_then(fill),
        }
    }

    /// Copies all files of a directory that only this process uses.
    pub(super) fn copy_unlisted(&self, directory: &Path) -> Result<Staging, Error> {
        self.private_copy(directory, &list_undigested(directory)?, Large::Copied)
    }
}

impl ArtifactRequest<'_> {
    /// Loads the artifact from another private copy of its files, which are built again if they are gone.
    pub(in crate::api::session) fn load_copy(
        mut self,
        origin: &Origin,
    ) -> Result<(Value, Staging, ArtifactReport), Error> {
        let watch = Stopwatch::start();
        let copy = match origin {
            Origin::Entry(entry) => self.copy_entry(entry)?,
            Origin::Private(staging) if staging.files().is_dir() => {
                Some(self.loading().copy_unlisted(&staging.files())?)
            }
            Origin::Private(_) | Origin::Nowhere => None,
        };
        let copy = if let Some(copy) = copy {
            copy
        } else {
            let files = self.files_again()?;
            self.loading().copy_unlisted(&files.files())?
        };
        let LoadedFiles { value, time_in_dependencies, private } = self.loading().load_copy(copy)?;
        let Some(PrivateFiles::Copy(copy)) = private else { unreachable!("it was loaded from a copy") };
        let rebuilt = Duration::try_from_secs_f64(self.report.rebuild_seconds).unwrap_or_default();
        watch.record_without(&mut self.report, Activity::Restore, time_in_dependencies + rebuilt);
        Ok((value, copy, self.report))
    }

    /// Copies the files of an entry, or those of the entry that has replaced it. Returns `None` if no entry is intact.
    fn copy_entry(&self, entry: &Entry) -> Result<Option<Staging>, Error> {
        if let Some(copy) = self.copy_current(entry)? {
            return Ok(Some(copy));
        }
        for _ in 0..MAX_ATTEMPTS {
            // This takes the read lock of the other entry, and compares its files with their digests.
            let Found::Ready(other) = self.store.open() else { return Ok(None) };
            if let Some(copy) = self.copy_current(&other)? {
                return Ok(Some(copy));
            }
        }
        Ok(None)
    }

    /// Copies the files of an entry. Returns `None` if another process has replaced or removed it meanwhile: the copy
    /// may then be of two builds.
    fn copy_current(&self, entry: &Entry) -> Result<Option<Staging>, Error> {
        let copy = self.loading().private_copy(&entry.directory, &entry.manifest.files, Large::Copied);
        if !self.is_current(entry) || !entry.directory.is_dir() { Ok(None) } else { copy.map(Some) }
    }
}
