//! What an artifact has to do with the shared tier: it is fetched on a miss, built by one machine of all, and shared.

use std::time::{Duration, Instant};

use super::ArtifactRequest;
use crate::api::session::dyn_artifact::Value;
use crate::api::session::process::Process;
use crate::error::Error;
use crate::layout::ArtifactPath;
use crate::message;
use crate::remote::{Fetched, LeaseResult, Remote, SharedEntry, Upload};
use crate::store::manifest::{Manifest, Unusable};
use crate::store::{Adopted, Entry, Found, Miss, Staging, packed};
use crate::telemetry::ArtifactReport;

/// The kind of note that says that this run has fetched an artifact.
pub(super) const FETCHED: &str = "fetched";

impl ArtifactRequest<'_> {
    /// Whether another test of the run has fetched it: it was there before, if elsewhere.
    pub(super) fn was_fetched(&self, artifact_path: &ArtifactPath) -> bool {
        self.may_be_shared() && self.process.run.read::<bool>(FETCHED, &self.note(artifact_path)).is_some()
    }

    /// Gets ready to ask the shared tier, if there is one.
    pub(super) fn connect(&mut self, artifact_path: &ArtifactPath) {
        let remote = Remote::of(self.process.config, self.process.run, artifact_path, self.resolved_key.key.digest());
        self.remote = remote.filter(|remote| !remote.is_given_up());
    }

    /// Fetches it from the shared tier into the cache, and loads it. The caller holds the build lock.
    pub(super) fn fetch(&mut self, artifact_path: &ArtifactPath, miss: &Miss) -> Result<Option<(Value, Entry)>, Error> {
        let Some(mut remote) = self.remote.take() else { return Ok(None) };
        let result = self.fetch_from(&mut remote, artifact_path, miss);
        self.remote = Some(remote);
        match result {
            Err(error) if error.is_storage() => {
                self.warn_unwritable(&error);
                Ok(None)
            }
            result => result,
        }
    }

    fn fetch_from(
        &mut self,
        remote: &mut Remote<'_>,
        artifact_path: &ArtifactPath,
        miss: &Miss,
    ) -> Result<Option<(Value, Entry)>, Error> {
        let staging = Staging::create(&self.process.layout.staging())?;
        let fetched = remote.fetch(staging.path(), |entry| self.check_shared(entry));
        let Some(Fetched { entry, manifest, packed }) = fetched else {
            return Ok(None);
        };
        let begun = Instant::now();
        if matches!(miss, Miss::Damaged(_)) {
            self.store(artifact_path).set_aside()?;
        }
        let adopted =
            self.store(artifact_path).adopt(&staging, &manifest, &entry.manifest, (&packed, &entry.packed()))?;
        self.add_restore(begun, Duration::ZERO);
        if let Adopted::Damaged(damage) = adopted {
            remote.reject(&damage);
            return Ok(None);
        }
        let damage = match self.store(artifact_path).open() {
            Found::Ready(entry) => match self.load_entry(entry, Instant::now())? {
                Ok(found) => {
                    self.process.run.write(FETCHED, &self.note(artifact_path), &true);
                    return Ok(Some(found));
                }
                Err(miss) => miss.to_string(),
            },
            Found::Packed(..) => "its files were changed".to_owned(),
            Found::Missing(miss) => miss.to_string(),
        };
        remote.reject(&damage);
        self.store(artifact_path).set_aside()?;
        Ok(None)
    }

    /// The manifest of what the shared tier has, if it is one of this artifact of this key.
    fn check_shared(&self, entry: &SharedEntry) -> Result<Manifest, String> {
        let read =
            Manifest::of_key(entry.manifest.as_bytes(), &self.resolved_key.key, self.kind.name, self.kind.storage);
        let manifest = read.map_err(|unusable| match unusable {
            Unusable::Damaged(damage) => damage,
            Unusable::OtherKey => "its manifest is that of another key".to_owned(),
            Unusable::NewerFormat(format) => format!("its manifest has format {format}, later than is known here"),
        })?;
        if manifest.archive.as_ref().is_some_and(|archive| *archive != entry.packed()) {
            return Err("its entry speaks of another archive than its manifest".to_owned());
        }
        Ok(manifest)
    }

    /// Waits while another machine builds it, and fetches what that has built. Nothing: it is this one's turn.
    pub(super) fn wait_for_turn(
        &mut self,
        artifact_path: &ArtifactPath,
        miss: &Miss,
    ) -> Result<Option<(Value, Entry)>, Error> {
        let Some(mut remote) = self.remote.take() else { return Ok(None) };
        let begun = Instant::now();
        let mut notice = self.lock.as_ref().and_then(|lock| lock.notice());
        let (test, subject) = (&self.session.test, self.subject());
        let turn = remote.lease(self.process.config.lock_timeout, &mut |what| {
            let waited = message::seconds(begun.elapsed());
            if let Some(notice) = &mut notice {
                notice.at(&format!("another machine builds it, {what}"));
            }
            message::progress(&format!(
                "{test} has waited {waited} for {subject}, which another machine builds: {what}"
            ));
        });
        self.remote = Some(remote);
        match turn {
            LeaseResult::Ours => Ok(None),
            LeaseResult::Published => self.fetch(artifact_path, miss),
        }
    }
}

/// Gives what was just built and published here to the shared tier. No other test waits meanwhile.
pub(super) fn share(
    remote: &mut Remote<'_>,
    process: &Process,
    artifact_path: &ArtifactPath,
    manifest: &Manifest,
    replace: bool,
) {
    if let Ok(staging) = Staging::create(&process.layout.staging()) {
        let directory = staging.path();
        let pack = || packed(&process.layout, artifact_path, manifest, directory);
        remote.share(&Upload { manifest, directory, pack: &pack, replace });
    }
}

/// What the shared tier had to do with it.
pub(super) fn note(remote: &Remote<'_>, report: &mut ArtifactReport) {
    report.remote_seconds = remote.seconds();
    report.remote_bytes = remote.bytes();
    report.remote_error = remote.error().map(str::to_owned);
}
