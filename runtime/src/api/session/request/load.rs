//! Loads an artifact from its files: in the cache, unpacked for this process, or in a private copy.

use std::any::TypeId;
use std::path::Path;
use std::time::Duration;

use super::ArtifactRequest;
use super::calls::{failed, guarded, innermost};
use crate::api::session::Spare;
use crate::api::session::dyn_artifact::{DynArtifact, HookContext, LoadFrom, Value};
use crate::api::session::process::Process;
use crate::error::{Error, Step};
use crate::message;
use crate::store::copy::Large;
use crate::store::manifest::ListedFile;
use crate::store::{Entry, Staging};

/// Calls the `load` of one artifact.
pub(in crate::api::session) struct Loading<'a> {
    pub(in crate::api::session) process: &'a Process,
    pub(in crate::api::session) artifact: &'a dyn DynArtifact,
    pub(in crate::api::session) repo: &'a str,
    pub(in crate::api::session) needs: &'a [TypeId],
}

/// The result of `load`.
pub(in crate::api::session) struct LoadedFiles {
    pub(in crate::api::session) value: Value,
    pub(in crate::api::session) time_in_dependencies: Duration,
    /// The private directory that the files were loaded from. It must exist as long as the value.
    pub(in crate::api::session) private: Option<PrivateFiles>,
}

/// A private directory from which an artifact was loaded.
pub(in crate::api::session) enum PrivateFiles {
    /// A private view, which may link to stored files.
    View(#[expect(dead_code, reason = "only held, so that it exists as long as the value")] Staging),
    /// A private copy, which a test may write to.
    Copy(Staging),
}

impl From<LoadedFiles> for Spare {
    fn from(LoadedFiles { value, private, .. }: LoadedFiles) -> Spare {
        Spare { value, copy: private }
    }
}

impl Loading<'_> {
    /// Loads the files of a directory.
    pub(in crate::api::session) fn load(&self, directory: &Path, is_verified: bool) -> Result<LoadedFiles, Error> {
        let context = HookContext { is_verified, ..HookContext::new(directory, self.needs) };
        let loaded = guarded(|| self.artifact.load(&context));
        let value = loaded.map_err(|error| failed(self.repo, self.artifact.meta().name, Step::Load, error))?;
        Ok(LoadedFiles { value, time_in_dependencies: context.time_in_dependencies(), private: None })
    }

    /// Loads stored files, which no process may write to. Uses a private view if the artifact wants one, or if `load`
    /// lacks a permission without it.
    ///
    /// # Errors
    /// Fails if the artifact does not load. If a view does not help, the error is the one of the first attempt.
    pub(in crate::api::session) fn load_stored(
        &self,
        directory: &Path,
        files: &[ListedFile],
        is_verified: bool,
    ) -> Result<LoadedFiles, Error> {
        let through_view = |large| {
            let view = self.private_copy(directory, files, large)?;
            let loaded = self.load(&view.files(), is_verified)?;
            Ok(LoadedFiles { private: Some(PrivateFiles::View(view)), ..loaded })
        };
        match self.artifact.meta().load_from {
            LoadFrom::Stored => {}
            LoadFrom::View => return through_view(Large::Copied),
            LoadFrom::Copy => return self.load_copy(self.private_copy(directory, files, Large::Copied)?),
        }
        let error = match self.load(directory, is_verified) {
            Err(error) if error.lacks_permission() => error,
            result => return result,
        };
        let Ok(loaded) = through_view(Large::Linked) else { return Err(error) };
        let name = self.artifact.meta().name;
        message::warn_once(&format!(
            "`{name}` of {} was loaded from a copy of its directory, because stored files are read-only: {}\n\
             help: set `const PRIVATE_VIEW: bool = true` in the `Artifact` of `{name}`",
            self.repo,
            innermost(&error)
        ));
        Ok(loaded)
    }

    /// Loads files that only this process uses.
    pub(in crate::api::session) fn load_private(&self, directory: &Path) -> Result<LoadedFiles, Error> {
        match self.artifact.meta().load_from {
            LoadFrom::Copy => self.load_copy(self.copy_unlisted(directory)?),
            LoadFrom::Stored | LoadFrom::View => self.load(directory, false),
        }
    }

    /// Loads a private copy. Its files do not count as verified: the test may write to them.
    pub(super) fn load_copy(&self, copy: Staging) -> Result<LoadedFiles, Error> {
        let loaded = self.load(&copy.files(), false)?;
        Ok(LoadedFiles { private: Some(PrivateFiles::Copy(copy)), ..loaded })
    }
}

impl ArtifactRequest<'_> {
    pub(super) fn loading(&self) -> Loading<'_> {
        let (artifact, repo, needs) = (self.artifact, self.repo(), &self.resolved_key.needs);
        Loading { process: self.process, artifact, repo, needs }
    }

    /// Loads an entry whose files were compared in this run.
    pub(super) fn load_files(&self, entry: &Entry) -> Result<LoadedFiles, Error> {
        self.loading().load_stored(&entry.directory, &entry.manifest.files, true)
    }
}
