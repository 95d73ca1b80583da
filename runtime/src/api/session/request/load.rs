//! Loads an artifact from its files: in the cache, unpacked for this process, or through a private view.

use std::any::TypeId;
use std::path::Path;
use std::time::Duration;

use super::ArtifactRequest;
use super::calls::{failed, guarded, innermost};
use crate::api::session::dyn_artifact::{DynArtifact, HookContext, Value};
use crate::api::session::process::Process;
use crate::config::Mode;
use crate::error::{Error, Step};
use crate::message;
use crate::store::manifest::ListedFile;
use crate::store::view::{self, Large};
use crate::store::{Entry, Staging, sweep_staging};

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
    /// The private view that the files were loaded from. It must exist as long as the value.
    pub(in crate::api::session) view: Option<Staging>,
}

impl Loading<'_> {
    /// Loads the files of a directory.
    pub(in crate::api::session) fn load(&self, directory: &Path, is_verified: bool) -> Result<LoadedFiles, Error> {
        let context = HookContext { is_verified, ..HookContext::new(directory, self.needs) };
        let loaded = guarded(|| self.artifact.load(&context));
        let value = loaded.map_err(|error| failed(self.repo, self.artifact.meta().name, Step::Load, error))?;
        Ok(LoadedFiles { value, time_in_dependencies: context.time_in_dependencies(), view: None })
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
            let view = self.view(directory, files, large)?;
            let loaded = self.load(&view.files(), is_verified)?;
            Ok(LoadedFiles { view: Some(view), ..loaded })
        };
        if self.artifact.meta().private_view {
            return through_view(Large::Copied);
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

    fn view(&self, directory: &Path, files: &[ListedFile], large: Large) -> Result<Staging, Error> {
        let fill = |staging: Staging| view::fill(&staging, directory, files, large).map(|()| staging);
        // A view on the file system of the cache can share blocks with the stored files. The views of tests that have
        // ended are removed here, because one run may make many.
        let root = (self.process.config.mode == Mode::ReadWrite).then(|| self.process.layout.staging());
        if let Some(root) = &root {
            sweep_staging(root);
        }
        match root.map(|root| Staging::create(&root).and_then(fill)) {
            Some(Ok(view)) => Ok(view),
            _ => Staging::private().and_then(fill),
        }
    }
}

impl ArtifactRequest<'_> {
    pub(super) fn loading(&self) -> Loading<'_> {
        let (artifact, repo, needs) = (self.artifact, self.repo(), &self.resolved_key.needs);
        Loading { process: self.process, artifact, repo, needs }
    }

    /// Loads an entry whose files were compared in this run.
    pub(super) fn load_files(&self, entry: &mut Entry) -> Result<LoadedFiles, Error> {
        let mut loaded = self.loading().load_stored(&entry.directory, &entry.manifest.files, true)?;
        entry.view = loaded.view.take();
        Ok(loaded)
    }
}
