//! The lookup: before the build lock and again under it.

use std::path::Path;

use super::calls::{innermost, is_skip};
use super::stopwatch::Stopwatch;
use super::{ArtifactRequest, Restored, Step, Stop};
use crate::config::{Mode, OnMiss};
use crate::error::Error;
use crate::message;
use crate::store::manifest::Manifest;
use crate::store::{Entry, Found, Miss, ReadLock, Staging, Unpacked};
use crate::telemetry::{Activity, Outcome};

const CACHE_IS_OFF: &str = "SMOKE_CACHE=off";

/// The result of a lookup.
pub(super) enum Lookup {
    Hit(Box<Restored>),
    Miss(Miss),
}

/// The result of a lookup that unpacks no archive.
enum Opened {
    Decided(Lookup),
    /// The archive is not unpacked, or its unpacked files are damaged in this way.
    Packed(Box<Manifest>, ReadLock, Option<String>),
}

impl ArtifactRequest<'_> {
    /// Stops the request if no entry may be used: the cache is off, the key is doubtful, or a path is a link.
    pub(super) fn check_cache_is_usable(&self) -> Step<()> {
        if self.process.config.mode == Mode::Off {
            return Err(Stop::Private(CACHE_IS_OFF.to_owned()));
        }
        if let Some(doubt) = self.resolved_key.doubt.clone() {
            message::warn_once(&format!("{}: {doubt}; the result is used once and not kept", self.subject()));
            return Err(Stop::Private(doubt));
        }
        match self.store.link() {
            Some(link) => Err(self.reject_link(&link)),
            None => Ok(()),
        }
    }

    /// Returns the reason for a miss, or `None` for a hit. Reads the manifest, and none of the artifact's files.
    pub(in crate::api::session) fn reason_for_a_miss(&self) -> Option<String> {
        if self.process.config.mode == Mode::Off {
            return Some(CACHE_IS_OFF.to_owned());
        }
        if let Some(doubt) = &self.resolved_key.doubt {
            return Some(doubt.clone());
        }
        if let Some(link) = self.store.link() {
            return Some(is_a_link(&link));
        }
        let miss = if self.is_forced { Miss::Forced } else { self.store.find().err()? };
        Some(self.store.explain(&miss))
    }

    /// Looks the artifact up without the build lock. Returns the miss, if it is one; `None` if only the lock allows to
    /// decide: the rebuild is forced, or the archive must be unpacked.
    pub(super) fn look_up(&mut self) -> Step<Option<Miss>> {
        if self.is_forced {
            return Ok(None);
        }
        let miss = match self.open()? {
            Opened::Decided(Lookup::Hit(restored)) => return Err(Stop::Loaded(Box::new(self.hit(*restored)))),
            Opened::Decided(Lookup::Miss(miss)) => miss,
            Opened::Packed(..) => return Ok(None),
        };
        if !self.may_be_fetched() {
            self.check_policy(&miss)?;
        }
        match self.reason_to_bypass(&miss) {
            Some(reason) => Err(Stop::Private(reason)),
            None => Ok(Some(miss)),
        }
    }

    /// Looks the artifact up under the build lock: another process may have built it while this one waited.
    pub(super) fn look_up_again(&mut self, first_miss: Option<&Miss>) -> Step<Miss> {
        match self.look_up_under_lock()? {
            Lookup::Miss(miss) => Ok(miss),
            // A test of another run may have built it: this run did not find it at first.
            Lookup::Hit(restored) if first_miss.is_some() && !self.was_fetched() => {
                Err(Stop::Loaded(Box::new(self.restored(Outcome::Shared, *restored))))
            }
            Lookup::Hit(restored) => Err(Stop::Loaded(Box::new(self.hit(*restored)))),
        }
    }

    /// Looks the artifact up under the build lock, which allows to unpack its archive.
    pub(super) fn look_up_under_lock(&mut self) -> Result<Lookup, Error> {
        if self.is_forced {
            // Another test of the run may have rebuilt it while this one waited.
            self.is_forced = self.must_be_rebuilt();
        }
        if self.is_forced {
            return Ok(Lookup::Miss(Miss::Forced));
        }
        match self.open()? {
            Opened::Decided(lookup) => Ok(lookup),
            Opened::Packed(manifest, read_lock, damage) => {
                if let Some(damage) = damage {
                    message::warn_once(&format!("{} is unpacked again: {damage}", self.subject()));
                }
                self.unpack(*manifest, read_lock)
            }
        }
    }

    /// Opens the entry, and loads it if its files are in place.
    fn open(&mut self) -> Result<Opened, Error> {
        let watch = Stopwatch::start();
        let opened = match self.store.open() {
            Found::Ready(entry) => return self.load_entry(entry, watch).map(Opened::Decided),
            Found::Packed(manifest, read_lock, damage) => Opened::Packed(Box::new(manifest), read_lock, damage),
            Found::Missing(miss) => Opened::Decided(Lookup::Miss(miss)),
        };
        watch.record(&mut self.report, Activity::Restore);
        Ok(opened)
    }

    /// Unpacks an archive, in the cache if possible, and loads its files.
    fn unpack(&mut self, manifest: Manifest, read_lock: ReadLock) -> Result<Lookup, Error> {
        let watch = Stopwatch::start();
        let privately = |manifest, read_lock| self.store.unpack(manifest, read_lock, Staging::private()?, false);
        let unpacked = message::while_slow(&format!("unpacking {}", self.subject()), || {
            if self.lock.is_none() {
                return privately(manifest, read_lock);
            }
            Staging::create(&self.process.layout.staging())
                .and_then(|staging| self.store.unpack(manifest.clone(), read_lock.clone(), staging, true))
                .or_else(|error| {
                    self.warn_unwritable(&error);
                    privately(manifest, read_lock)
                })
        });
        match unpacked? {
            Unpacked::Ready(entry) => self.load_entry(*entry, watch),
            Unpacked::Damaged(damage) => Ok(Lookup::Miss(Miss::Damaged(damage))),
        }
    }

    /// Loads an entry whose files are intact. An entry of an earlier run that does not load is a miss all the same.
    pub(super) fn load_entry(&mut self, entry: Entry, watch: Stopwatch) -> Result<Lookup, Error> {
        let loaded = match self.load_files(&entry) {
            Ok(loaded) => loaded,
            Err(error) if is_skip(&error) => return Err(error),
            // No directory has room for a private copy. The entry is intact.
            Err(error) if matches!(error, Error::Io { .. }) && error.is_storage() => return Err(error),
            // A second build in one run would give the same files. Another test may be able to load them.
            Err(error) if entry.manifest.run == self.process.run.id() => return Err(error),
            Err(error) => {
                watch.record(&mut self.report, Activity::Restore);
                return Ok(Lookup::Miss(Miss::Damaged(format!("it does not load: {}", innermost(&error)))));
            }
        };
        // The files that `load` opened by name may be of two builds.
        if !self.is_current(&entry) {
            watch.record(&mut self.report, Activity::Restore);
            return Ok(Lookup::Miss(Miss::Replaced));
        }
        watch.record_without(&mut self.report, Activity::Restore, loaded.time_in_dependencies);
        Ok(Lookup::Hit(Box::new(Restored { spare: loaded.into(), entry })))
    }

    /// Returns `true` if the files are those of the manifest: no other process has replaced the entry.
    pub(super) fn is_current(&self, entry: &Entry) -> bool {
        entry.read_lock.is_current(&self.process.layout.manifest(&self.store.artifact_path))
    }

    /// Fails, or skips the test, if `SMOKE_ON_MISS` forbids to build.
    pub(super) fn check_policy(&self, miss: &Miss) -> Result<(), Error> {
        let (repo, artifact) = (self.repo().to_owned(), self.meta.name.to_owned());
        match self.process.config.on_miss {
            OnMiss::Build => Ok(()),
            OnMiss::Skip => {
                let reason = self.store.explain(miss);
                let reason = format!("`{artifact}` is not in the cache ({reason}) and SMOKE_ON_MISS=skip");
                Err(Error::Skipped { repo, reason })
            }
            OnMiss::Fail => Err(Error::NotCached { repo, artifact, reason: self.store.explain(miss) }),
        }
    }

    /// Returns the reason why the artifact must not be published, if there is one.
    pub(super) fn reason_to_bypass(&self, miss: &Miss) -> Option<String> {
        if let Miss::Foreign(reason) = miss {
            message::warn_once(&format!("{}: {reason}; the entry is kept, and not used", self.subject()));
            return Some(reason.clone());
        }
        let is_read_only = self.process.config.mode == Mode::ReadOnly;
        is_read_only.then(|| format!("{} (SMOKE_CACHE=read-only)", self.store.explain(miss)))
    }

    /// Warns of a link on an artifact's path: the cache neither reads nor writes what links lead to.
    pub(super) fn reject_link(&self, link: &Path) -> Stop {
        let reason = is_a_link(link);
        message::warn_once(&format!(
            "{}: {reason}, and the cache does not follow links\nhelp: remove the link",
            self.subject()
        ));
        Stop::Private(reason)
    }
}

fn is_a_link(path: &Path) -> String {
    format!("{} is a link", path.display())
}
