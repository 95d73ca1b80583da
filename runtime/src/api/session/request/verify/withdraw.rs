//! The removal of a stale artifact, and of those that were built from it: from the cache, and from the remote cache.

use super::Verifier;
use crate::config::Mode;
use crate::layout::ArtifactPath;
use crate::remote::{Remote, Withdrawn};
use crate::store::{self, lock::BuildLock};

impl Verifier<'_, '_> {
    /// Sets the stored artifact and its dependents aside, and withdraws the remote copies.
    pub(super) fn withdraw(&mut self) {
        let process = self.request.process;
        if process.config.mode != Mode::ReadWrite {
            self.record.report.push("the stored artifact stays, because the cache is read-only".to_owned());
            return;
        }
        let artifact_path = self.request.store.artifact_path.clone();
        let dependents = store::dependents(&process.layout, self.entry.manifest.digest());
        self.record.report.push(match self.set_aside(&artifact_path) {
            Ok(()) => "the stored artifact is set aside: the next test that needs it builds it".to_owned(),
            Err(reason) => format!("the stored artifact cannot be set aside: {reason}"),
        });
        let digest = self.request.resolved_key.key.digest().to_owned();
        if let Some(withdrawn) = self.withdraw_remote_copy(&artifact_path, &digest) {
            self.record.report.push(format!("the copy in the remote cache {withdrawn}"));
        }
        for (dependent, digest) in dependents {
            let subject = format!("`{}` of {}, which was built from it,", dependent.artifact, dependent.repo);
            self.record.report.push(match self.set_aside(&dependent) {
                Ok(()) => format!("{subject} is set aside, too"),
                Err(reason) => format!("{subject} cannot be set aside: {reason}"),
            });
            if let Some(withdrawn) = self.withdraw_remote_copy(&dependent, &digest) {
                self.record.report.push(format!("its copy in the remote cache {withdrawn}"));
            }
        }
    }

    fn set_aside(&self, artifact_path: &ArtifactPath) -> Result<(), String> {
        let layout = &self.request.process.layout;
        match BuildLock::try_acquire(&layout.build_lock(artifact_path)) {
            Ok(Some(_lock)) => store::set_aside_under_lock(layout, artifact_path).map_err(|error| error.report_line()),
            Ok(None) => Err("another process builds it".to_owned()),
            Err(error) => Err(error.report_line()),
        }
    }

    /// Returns what became of the copy in the remote cache; `None` without a remote cache.
    fn withdraw_remote_copy(&self, artifact_path: &ArtifactPath, digest: &str) -> Option<String> {
        let process = self.request.process;
        let mut remote = Remote::of(process.config, process.run, artifact_path, digest)?;
        if remote.is_given_up() {
            return None;
        }
        Some(match remote.withdraw() {
            Ok(Withdrawn::Done) => "is withdrawn".to_owned(),
            Ok(Withdrawn::Absent) => "does not exist".to_owned(),
            Ok(Withdrawn::ReadOnly) => "stays: it is read-only for this process".to_owned(),
            Err(reason) => format!("cannot be withdrawn: {reason}"),
        })
    }
}
