//! The remote cache: fetches the artifact, waits while another machine builds it, and uploads it after a build.

use super::look_up::Lookup;
use super::stopwatch::Stopwatch;
use super::{ArtifactRequest, Restored, Step, Stop};
use crate::config::Mode;
use crate::error::Error;
use crate::message;
use crate::remote::{Fetched, LeaseResult, Remote, SharedEntry, Upload};
use crate::store::manifest::{Manifest, Unusable};
use crate::store::{Adopted, Found, Miss, Staging, Store, packed};
use crate::telemetry::{Activity, ArtifactReport, Outcome};
use crate::units;

/// The kind of note that marks an artifact as fetched by this run.
pub(super) const FETCHED: &str = "fetched";

impl ArtifactRequest<'_> {
    /// Returns `true` if the remote cache may have the artifact.
    pub(super) fn may_be_fetched(&self) -> bool {
        self.process.config.remote.is_some() && self.process.config.mode == Mode::ReadWrite
    }

    /// Returns `true` if a test of this run has fetched the artifact. It counts as built before the run.
    pub(super) fn was_fetched(&self) -> bool {
        self.may_be_fetched() && self.process.run.read::<bool>(FETCHED, &self.note()).is_some()
    }

    /// Fetches the artifact from the remote cache. Returns the miss if this process must build the artifact for all.
    pub(super) fn fetch(&mut self, miss: Miss) -> Step<Miss> {
        let bypass = self.reason_to_bypass(&miss);
        if self.lock.is_some() && bypass.is_none() {
            self.connect();
            if !self.is_forced {
                self.try_fetch(&miss)?;
            }
        }
        if !self.is_forced {
            self.check_policy(&miss)?;
        }
        match bypass {
            Some(reason) => Err(Stop::Private(reason)),
            None if self.lock.is_none() => Err(Stop::Private(self.store.explain(&miss))),
            None => Ok(miss),
        }
    }

    fn connect(&mut self) {
        let path = &self.store.artifact_path;
        let remote = Remote::of(self.process.config, self.process.run, path, self.resolved_key.key.digest());
        self.remote = remote.filter(|remote| !remote.is_given_up());
    }

    /// Fetches the artifact into the cache and loads it, under the build lock.
    fn try_fetch(&mut self, miss: &Miss) -> Step<()> {
        let Some(mut remote) = self.remote.take() else { return Ok(()) };
        let result = self.fetch_from(&mut remote, miss);
        self.remote = Some(remote);
        match result {
            Ok(Some(restored)) => Err(Stop::Loaded(Box::new(self.restored(Outcome::Fetched, restored)))),
            Ok(None) => Ok(()),
            Err(error) if error.is_storage() => {
                self.warn_unwritable(&error);
                Ok(())
            }
            Err(error) => Err(Stop::Failed(error)),
        }
    }

    fn fetch_from(&mut self, remote: &mut Remote<'_>, miss: &Miss) -> Result<Option<Restored>, Error> {
        let staging = Staging::create(&self.process.layout.staging())?;
        let watch = Stopwatch::start();
        let fetched = remote.fetch(staging.path(), |entry| self.check_fetched(entry));
        watch.record(&mut self.report, Activity::Remote);
        let Some(Fetched { entry, manifest, packed }) = fetched else {
            return Ok(None);
        };
        let watch = Stopwatch::start();
        if matches!(miss, Miss::Damaged(_)) {
            self.store.set_aside()?;
        }
        let project = self.process.config.project();
        let adopted = self.store.adopt(&staging, &manifest, project, (&packed, &entry.packed()))?;
        watch.record(&mut self.report, Activity::Restore);
        if let Adopted::Damaged(damage) = adopted {
            remote.reject(&damage);
            return Ok(None);
        }
        let damage = match self.store.open() {
            Found::Ready(entry) => match self.load_entry(entry, Stopwatch::start())? {
                Lookup::Hit(restored) => {
                    self.process.run.write(FETCHED, &self.note(), &true);
                    return Ok(Some(*restored));
                }
                Lookup::Miss(miss) => self.store.explain(&miss),
            },
            Found::Packed(..) => "its files were changed".to_owned(),
            Found::Missing(miss) => self.store.explain(&miss),
        };
        remote.reject(&damage);
        self.store.set_aside()?;
        Ok(None)
    }

    /// Returns the manifest of an entry of the remote cache. Fails if it belongs to another artifact or key.
    fn check_fetched(&self, entry: &SharedEntry) -> Result<Manifest, String> {
        let key = &self.resolved_key.key;
        let read = Manifest::of_key(entry.manifest.as_bytes(), key, self.meta.name, self.meta.storage);
        let manifest = read.map_err(|unusable| match unusable {
            Unusable::Damaged(damage) => damage,
            Unusable::OtherKey => "its manifest is that of another key".to_owned(),
            Unusable::NewerFormat(format) => format!("its manifest has format {format}, later than is known here"),
        })?;
        if manifest.archive.as_ref().is_some_and(|archive| *archive != entry.packed()) {
            return Err("its entry names another archive than its manifest".to_owned());
        }
        Ok(manifest)
    }

    /// Waits while another machine builds the artifact, and fetches it then. Returns if this machine is to build it.
    pub(super) fn wait_for_lease(&mut self, miss: &Miss) -> Step<()> {
        if self.is_forced {
            return Ok(());
        }
        let Some(mut remote) = self.remote.take() else { return Ok(()) };
        let watch = Stopwatch::start();
        let mut notice = self.lock.as_ref().and_then(|lock| lock.notice());
        let (test, subject) = (&self.session.test, self.subject());
        let result = remote.lease(self.process.config.lock_timeout, &mut |progress| {
            let waited = units::elapsed(watch.elapsed());
            if let Some(notice) = &mut notice {
                notice.at(&format!("another machine builds it, {progress}"));
            }
            message::progress(&format!(
                "{test} has waited {waited} for {subject}, which another machine builds: {progress}"
            ));
        });
        watch.record(&mut self.report, Activity::Remote);
        self.remote = Some(remote);
        match result {
            LeaseResult::Ours => Ok(()),
            LeaseResult::Published => self.try_fetch(miss),
        }
    }
}

/// Uploads an artifact that this machine has built and published. No other test waits for the upload.
pub(super) fn upload(remote: &mut Remote<'_>, store: &Store<'_>, manifest: &Manifest, replace: bool) {
    if let Ok(staging) = Staging::create(&store.layout.staging()) {
        let directory = staging.path();
        let pack = || packed(store.layout, &store.artifact_path, manifest, directory);
        remote.share(&Upload { manifest, directory, pack: &pack, replace });
    }
}

/// Records the time and the bytes that the remote cache took.
pub(super) fn record(remote: &Remote<'_>, report: &mut ArtifactReport) {
    report.remote_seconds = remote.seconds();
    report.remote_bytes = remote.bytes();
    report.remote_error = remote.error().map(str::to_owned);
}
