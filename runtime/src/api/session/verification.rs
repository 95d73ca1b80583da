//! The verification and the audit of a session's artifacts, and of their dependencies.

use super::dyn_artifact::DynArtifact;
use super::inner::SessionInner;
use super::request::{self, ArtifactRequest};
use super::walk::{Purpose, Walk};
use super::{Loaded, Origin};
use crate::error::Error;
use crate::key::ResolvedKey;
use crate::telemetry::Rebuilt;

impl SessionInner {
    /// Audits a loaded artifact and its dependencies, if this run is an audit.
    pub(super) fn audit_all(&self, artifact: &dyn DynArtifact, loaded: &Loaded) -> Result<(), Error> {
        if self.process.config.audit.is_none() {
            return Ok(());
        }
        let below = artifact.visit_needs(&mut Walk::new(Purpose::Audit));
        below.and(self.audit(artifact, loaded.resolved_key.clone()))
    }

    /// Builds an artifact under the tracer of an audit, if this run is one.
    pub(super) fn audit(&self, artifact: &dyn DynArtifact, resolved_key: ResolvedKey) -> Result<(), Error> {
        match &self.process.config.audit {
            Some(tracer) if self.can_be_repeated() && !request::is_builder() => {
                self.outside_of_runtime(|| ArtifactRequest::new(self, artifact, resolved_key).audit(tracer))
            }
            _ => Ok(()),
        }
    }

    /// Verifies a loaded artifact and its stored dependencies by new builds, if `SMOKE_VERIFY` is set.
    ///
    /// Returns the result of the artifact, if it is built again.
    pub(super) fn verify(&self, artifact: &dyn DynArtifact, loaded: &Loaded) -> Result<Option<Rebuilt>, Error> {
        let Some(settings) = self.process.config.verify.filter(|_| !request::is_builder()) else { return Ok(None) };
        let below = artifact.visit_needs(&mut Walk::new(Purpose::Verify));
        let request = ArtifactRequest::new(self, artifact, loaded.resolved_key.clone());
        let own = match &loaded.origin {
            // One that was built from a stale dependency is set aside with that.
            Origin::Entry(entry) if request.is_sampled(&settings) && entry.directory.is_dir() => {
                self.outside_of_runtime(|| request.verify(entry, &settings))
            }
            _ => Ok(None),
        };
        below.and(own)
    }

    /// Verifies an artifact that the cache may have. The test need not request it: its dependents may be hits.
    pub(super) fn verify_stored(&self, artifact: &dyn DynArtifact, resolved_key: ResolvedKey) -> Result<(), Error> {
        let Some(settings) = self.process.config.verify else { return Ok(()) };
        let request = ArtifactRequest::new(self, artifact, resolved_key);
        if !request.is_sampled(&settings) {
            return Ok(());
        }
        self.outside_of_runtime(|| request.verify_stored(&settings))
    }
}
