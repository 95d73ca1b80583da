//! Loading an artifact from its files: in the cache, unpacked for this process, or through a private view.

use std::any::TypeId;
use std::path::Path;
use std::time::{Duration, Instant};

use super::ArtifactRequest;
use super::calls::{failed, guarded, innermost, is_skip};
use crate::api::session::dyn_artifact::{DynArtifact, HookContext, Value};
use crate::api::session::process::Process;
use crate::config::Mode;
use crate::error::{Error, Step};
use crate::layout::ArtifactPath;
use crate::message;
use crate::store::manifest::{ListedFile, Manifest};
use crate::store::view::{self, Large};
use crate::store::{Entry, Miss, ReadLock, Staging, Unpacked, sweep_staging};

/// The means to load one artifact.
pub(in crate::api::session) struct Loading<'a> {
    pub(in crate::api::session) process: &'a Process,
    pub(in crate::api::session) hooks: &'a dyn DynArtifact,
    pub(in crate::api::session) repo: &'a str,
    pub(in crate::api::session) needs: &'a [TypeId],
}

impl Loading<'_> {
    /// Loads what lies in a directory. Also returns how much of the time was spent on the artifacts that it needs.
    pub(in crate::api::session) fn load(
        &self,
        directory: &Path,
        is_verified: bool,
    ) -> Result<(Value, Duration), Error> {
        let call = HookContext { is_verified, ..HookContext::new(directory, self.needs) };
        let loaded = guarded(|| self.hooks.load(&call));
        let name = self.hooks.kind().name;
        Ok((loaded.map_err(|error| failed(self.repo, name, Step::Load, error))?, call.elsewhere()))
    }

    /// Loads from stored files, which nothing may write to: through a private view if the artifact wants one, or if it
    /// fails for want of a permission. The view has to live as long as the value.
    ///
    /// # Errors
    /// It does not load. If the view does not help either, the error is the first one.
    pub(in crate::api::session) fn load_stored(
        &self,
        directory: &Path,
        files: &[ListedFile],
        is_verified: bool,
    ) -> Result<(Value, Duration, Option<Staging>), Error> {
        let through_view = |large| {
            let view = self.view(directory, files, large)?;
            let (value, elsewhere) = self.load(&view.files(), is_verified)?;
            Ok((value, elsewhere, Some(view)))
        };
        if self.hooks.kind().private_view {
            return through_view(Large::Copied);
        }
        let error = match self.load(directory, is_verified) {
            Ok((value, elsewhere)) => return Ok((value, elsewhere, None)),
            Err(error) if error.lacks_permission() => error,
            Err(error) => return Err(error),
        };
        let Ok(loaded) = through_view(Large::Linked) else { return Err(error) };
        let name = self.hooks.kind().name;
        message::warn_once(&format!(
            "`{name}` of {} was loaded from a copy of its directory, because stored files are read-only: {}\n\
             help: set `const PRIVATE_VIEW: bool = true` in the `Artifact` of `{name}`",
            self.repo,
            innermost(&error)
        ));
        Ok(loaded)
    }

    fn view(&self, directory: &Path, files: &[ListedFile], large: Large) -> Result<Staging, Error> {
        let make = |staging: Staging| view::fill(&staging, directory, files, large).map(|()| staging);
        // Beside the stored files, blocks can be shared. Those of tests of this run that have ended are not kept until the
        // next one: they may be many.
        let beside = (self.process.config.mode == Mode::ReadWrite).then(|| self.process.layout.staging());
        if let Some(root) = &beside {
            sweep_staging(root);
        }
        match beside.map(|root| Staging::create(&root).and_then(make)) {
            Some(Ok(view)) => Ok(view),
            _ => Staging::private().and_then(make),
        }
    }
}

impl ArtifactRequest<'_> {
    pub(super) fn loading(&self) -> Loading<'_> {
        Loading { process: self.process, hooks: self.hooks, repo: self.repo(), needs: &self.resolved_key.needs }
    }

    /// Loads an entry from its files, which were compared in this run.
    pub(super) fn load_files(&self, entry: &mut Entry) -> Result<(Value, Duration), Error> {
        let (value, elsewhere, view) = self.loading().load_stored(&entry.directory, &entry.manifest.files, true)?;
        entry.view = view;
        Ok((value, elsewhere))
    }

    /// Makes plain files of an archive, in the cache if possible, and loads them.
    pub(super) fn unpack(
        &mut self,
        artifact_path: &ArtifactPath,
        manifest: Manifest,
        lease: ReadLock,
    ) -> Result<Result<(Value, Entry), Miss>, Error> {
        let begun = Instant::now();
        let store = self.store(artifact_path);
        let privately = |manifest, lease| store.unpack(manifest, lease, Staging::private()?, false);
        let what = format!("unpacking {}", self.subject());
        let unpacked = message::while_slow(&what, || {
            if self.lock.is_none() {
                return privately(manifest, lease);
            }
            Staging::create(&self.process.layout.staging())
                .and_then(|staging| store.unpack(manifest.clone(), lease.clone(), staging, true))
                .or_else(|error| {
                    self.warn_unwritable(&error);
                    privately(manifest, lease)
                })
        });
        match unpacked? {
            Unpacked::Ready(entry) => self.load_entry(entry, begun),
            Unpacked::Damaged(damage) => Ok(Err(Miss::Damaged(damage))),
        }
    }

    /// Loads what was found whole. If it does not load all the same, it is as good as damaged, unless this run built it.
    pub(super) fn load_entry(
        &mut self,
        mut entry: Entry,
        begun: Instant,
    ) -> Result<Result<(Value, Entry), Miss>, Error> {
        match self.load_files(&mut entry) {
            // What it opened by name may be of both.
            Ok(_) if !entry.read_lock.is_current(&self.process.layout.manifest(&self.artifact_path())) => {
                self.add_restore(begun, Duration::ZERO);
                Ok(Err(Miss::Absent("it was replaced while it was loaded".to_owned())))
            }
            Ok((value, elsewhere)) => {
                self.add_restore(begun, elsewhere);
                Ok(Ok((value, entry)))
            }
            Err(error) if is_skip(&error) => Err(error),
            // Building it again in one run would give the same. Another test may be able to load it.
            Err(error) if entry.manifest.run == self.process.run.id() => Err(error),
            Err(error) => {
                self.add_restore(begun, Duration::ZERO);
                Ok(Err(Miss::Damaged(format!("it does not load: {}", innermost(&error)))))
            }
        }
    }
}
