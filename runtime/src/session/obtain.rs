//! How one artifact is had: the whole story, top to bottom.

mod build;
mod calls;
mod detached;
mod remote;

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::hooks::{Hooks, Kind, Value};
use super::process::Process;
use super::untyped::{Untyped, blank};
use super::{Loaded, Origin};
use crate::config::{Mode, OnMiss};
use crate::error::Error;
use crate::key::{Recipe, artifact_identity};
use crate::layout::Slot;
use crate::lock::{Acquired, BuildLock};
use crate::manifest::Manifest;
use crate::message;
use crate::remote::Remote;
use crate::store::{Entry, Found, Lease, Miss, Staging, Store};
use crate::telemetry::{ArtifactReport, Outcome};
pub(super) use calls::load;
use calls::{innermost, is_skip};
pub(super) use detached::{is_builder, limit_time};

/// The kind of note that says that this run has rebuilt an artifact.
const FORCED: &str = "forced";
const OFF_REASON: &str = "SMOKE_CACHE=off";
const FORCED_REASON: &str = "forced by SMOKE_FORCE_REBUILD";

/// One artifact being had for one session.
pub(super) struct Obtain<'a> {
    session: &'a Untyped,
    hooks: &'a dyn Hooks,
    kind: Kind,
    process: &'static Process,
    recipe: Recipe,
    report: ArtifactReport,
    /// While it is built for others, too.
    lock: Option<BuildLock>,
    /// Once it has to be asked.
    remote: Option<Remote<'static>>,
    /// Seconds that a build took that failed.
    failed_after: &'a Mutex<f64>,
}

/// What a look into the cache gave.
enum Look {
    Restored(Value, Entry),
    Packed(Manifest, Lease),
    Missing(Miss),
}

impl<'a> Obtain<'a> {
    pub(super) fn new(
        session: &'a Untyped,
        hooks: &'a dyn Hooks,
        recipe: Recipe,
        failed_after: &'a Mutex<f64>,
    ) -> Obtain<'a> {
        let kind = hooks.kind();
        let report = blank(kind.name, &recipe.key.display(), "");
        Obtain {
            session,
            hooks,
            kind,
            process: session.process,
            recipe,
            report,
            lock: None,
            remote: None,
            failed_after,
        }
    }

    pub(super) fn run(self) -> Result<Loaded, Error> {
        if self.process.config.mode == Mode::Off {
            return self.build_privately(OFF_REASON.to_owned());
        }
        if let Some(doubt) = self.recipe.doubt.clone() {
            message::warn_once(&format!("{}: {doubt}; the result is used once and not kept", self.subject()));
            return self.build_privately(doubt);
        }
        let slot = self.slot();
        let is_target = detached::is_target(&slot);
        let result = self.restore_or_build(&slot);
        if is_target {
            // All that this process is there for is done; whoever started it takes it from the cache.
            std::process::exit(i32::from(result.is_err()));
        }
        result
    }

    fn restore_or_build(mut self, slot: &Slot) -> Result<Loaded, Error> {
        if let Some(link) = self.store(slot).link() {
            return self.leave_alone(&link);
        }

        let mut was_missing = false;
        if !self.is_forced(slot) {
            match self.look(slot)? {
                Look::Restored(value, entry) => return Ok(self.hit(value, entry)),
                Look::Packed(..) => {}
                Look::Missing(miss) => {
                    was_missing = true;
                    if !self.may_be_shared() {
                        self.check_policy(&miss)?;
                    }
                    if let Some(reason) = self.reason_to_bypass(&miss) {
                        return self.build_privately(reason);
                    }
                }
            }
        }

        if let Some(link) = self.process.layout.link_among(slot) {
            return self.leave_alone(&link);
        }
        let lock =
            if detached::is_target(slot) { BuildLock::inherited().map(Acquired::Locked) } else { self.lock(slot) };
        let lock = match lock {
            Ok(Acquired::Locked(held)) => Some(held),
            Ok(Acquired::TimedOut) => {
                let limit = message::seconds(self.process.config.lock_timeout);
                let reason = format!("no lock within {limit}; SMOKE_LOCK_TIMEOUT sets the limit");
                message::warn_once(&format!("{}: {reason}; building without the cache", self.subject()));
                return self.build_privately(reason);
            }
            Err(error) => {
                self.warn_unwritable(&error);
                None
            }
        };
        // Somebody else may have built it while this process waited.
        let miss = match self.look_again(slot, lock.is_some())? {
            // Perhaps by a test of another run: it was not there before this one.
            Ok((value, entry)) if was_missing && !self.was_fetched(slot) => {
                return Ok(self.had(Outcome::Shared, value, entry));
            }
            Ok((value, entry)) => return Ok(self.hit(value, entry)),
            Err(miss) => miss,
        };
        let bypass = self.reason_to_bypass(&miss);
        let is_forced = self.is_forced(slot);
        if lock.is_some() && bypass.is_none() {
            self.connect(slot);
            if !is_forced && let Some((value, entry)) = self.fetch(slot, &miss)? {
                return Ok(self.had(Outcome::Fetched, value, entry));
            }
        }
        if !is_forced {
            self.check_policy(&miss)?;
        }
        let Some(lock) = lock else { return self.build_privately(miss.to_string()) };
        if let Some(reason) = bypass {
            return self.build_privately(reason);
        }
        if self.is_detached() {
            return self.build_detached(lock, slot, &miss);
        }
        if !is_forced && let Some((value, entry)) = self.wait_for_turn(slot, &miss, &lock)? {
            return Ok(self.had(Outcome::Fetched, value, entry));
        }
        self.build_and_publish(lock, slot, &miss)
    }

    /// A build that neither reads nor writes what a link leads to.
    fn leave_alone(self, link: &Path) -> Result<Loaded, Error> {
        let reason = is_a_link(link);
        message::warn_once(&format!("{}: {reason}: what it leads to is left alone; remove the link", self.subject()));
        self.build_privately(reason)
    }

    /// Why it would have to be built, if it would; its files are not read for that.
    pub(super) fn miss(&self) -> Option<String> {
        if self.process.config.mode == Mode::Off {
            return Some(OFF_REASON.to_owned());
        }
        if let Some(doubt) = &self.recipe.doubt {
            return Some(doubt.clone());
        }
        let slot = self.slot();
        let store = self.store(&slot);
        if let Some(link) = store.link() {
            return Some(is_a_link(&link));
        }
        if self.is_forced(&slot) {
            return Some(FORCED_REASON.to_owned());
        }
        store.find().err().map(|miss| miss.to_string())
    }

    fn repo(&self) -> &str {
        self.session.repo.name()
    }

    fn slot(&self) -> Slot {
        Slot { repo: self.repo().to_owned(), entry: self.recipe.key.entry(), artifact: self.kind.name.to_owned() }
    }

    /// For messages: `graph` of django.
    fn subject(&self) -> String {
        format!("`{}` of {}", self.kind.name, self.repo())
    }

    /// Loads what lies in a directory; also how much of the time was spent on the artifacts that it needs.
    fn load(&self, directory: &Path, is_verified: bool) -> Result<(Value, Duration), Error> {
        load(self.hooks, self.repo(), &self.recipe.needs, directory, is_verified)
    }

    fn store<'s>(&'s self, slot: &Slot) -> Store<'s> {
        Store {
            layout: &self.process.layout,
            run: self.process.run,
            slot: slot.clone(),
            key: &self.recipe.key,
            storage: self.kind.storage,
            type_name: artifact_identity(self.kind.code.code(), self.kind.type_name),
        }
    }

    /// Whether this run has still to rebuild it.
    fn is_forced(&self, slot: &Slot) -> bool {
        let config = self.process.config;
        config.mode == Mode::ReadWrite
            && config.force.covers(self.repo())
            && self.process.run.read::<bool>(FORCED, &self.note(slot)).is_none()
    }

    /// The name of this artifact's notes in the run.
    fn note(&self, slot: &Slot) -> String {
        format!("{}-{}-{}", slot.repo, slot.artifact, self.recipe.key.digest())
    }

    /// Restores it if it is there and whole.
    fn look(&mut self, slot: &Slot) -> Result<Look, Error> {
        let begun = Instant::now();
        let look = match self.store(slot).open() {
            Found::Ready(entry) => {
                return Ok(match self.load_entry(entry, begun)? {
                    Ok((value, entry)) => Look::Restored(value, entry),
                    Err(miss) => Look::Missing(miss),
                });
            }
            Found::Packed(manifest, lease) => Look::Packed(manifest, lease),
            Found::Missing(miss) => Look::Missing(miss),
        };
        self.add_restore(begun, Duration::ZERO);
        Ok(look)
    }

    /// A look under the lock, where an archive may be unpacked. The inner error says why it has to be built.
    fn look_again(&mut self, slot: &Slot, locked: bool) -> Result<Result<(Value, Entry), Miss>, Error> {
        if self.is_forced(slot) {
            return Ok(Err(Miss::Absent(FORCED_REASON.to_owned())));
        }
        match self.look(slot)? {
            Look::Restored(value, entry) => Ok(Ok((value, entry))),
            Look::Missing(miss) => Ok(Err(miss)),
            Look::Packed(manifest, lease) => self.unpack(slot, manifest, lease, locked),
        }
    }

    fn add_restore(&mut self, begun: Instant, elsewhere: Duration) {
        self.report.restore_seconds += begun.elapsed().saturating_sub(elsewhere).as_secs_f64();
    }

    /// It was there, from an earlier run or from this one.
    fn hit(self, value: Value, entry: Entry) -> Loaded {
        // Machines of one pipeline may have one id.
        let is_of_this_run = entry.manifest.run == self.process.run.id() && !self.was_fetched(&self.slot());
        self.had(if is_of_this_run { Outcome::Shared } else { Outcome::Hit }, value, entry)
    }

    fn had(mut self, outcome: Outcome, value: Value, entry: Entry) -> Loaded {
        self.report.outcome = outcome;
        self.report.bytes = entry.manifest.bytes();
        self.report.build_seconds = entry.manifest.build_seconds();
        self.loaded(value, Origin::Entry(Box::new(entry)))
    }

    fn loaded(mut self, value: Value, origin: Origin) -> Loaded {
        if self.report.outcome.is_miss() {
            self.report.build_seconds = self.report.rebuild_seconds;
        }
        if let Some(remote) = &self.remote {
            remote::note(remote, &mut self.report);
        }
        Loaded { value, recipe: self.recipe, report: self.report, origin }
    }

    /// Whether the shared tier may have what the cache has not.
    fn may_be_shared(&self) -> bool {
        self.process.config.remote.is_some() && self.process.config.mode == Mode::ReadWrite
    }

    /// What `SMOKE_ON_MISS` says about it.
    fn check_policy(&self, miss: &Miss) -> Result<(), Error> {
        let (repo, artifact, reason) = (self.repo().to_owned(), self.kind.name.to_owned(), miss.to_string());
        match self.process.config.on_miss {
            OnMiss::Build => Ok(()),
            OnMiss::Skip => Err(Error::Skipped {
                repo,
                reason: format!("`{artifact}` is not in the cache ({reason}) and SMOKE_ON_MISS=skip"),
            }),
            OnMiss::Fail => Err(Error::NotCached { repo, artifact, reason }),
        }
    }

    /// Why a miss must not be filled for others.
    fn reason_to_bypass(&self, miss: &Miss) -> Option<String> {
        if let Miss::Foreign(reason) = miss {
            message::warn_once(&format!("{}: {reason}; it is left alone", self.subject()));
            return Some(reason.clone());
        }
        let read_only = self.process.config.mode == Mode::ReadOnly;
        read_only.then(|| format!("{miss} (SMOKE_CACHE=read-only)"))
    }

    fn lock(&mut self, slot: &Slot) -> Result<Acquired, Error> {
        self.lock_within(slot, self.process.config.lock_timeout)
    }

    fn lock_within(&mut self, slot: &Slot, limit: Duration) -> Result<Acquired, Error> {
        let begun = Instant::now();
        let subject = self.subject();
        let path = self.process.layout.build_lock(slot);
        let test = &self.session.test;
        let acquired = BuildLock::acquire(&path, limit, |holder, waited| {
            let waited = message::seconds(waited);
            let by = match holder {
                Some(holder) => {
                    let step = holder.step.as_ref().map_or_else(String::new, |step| format!(": {step}"));
                    format!("process {}, at it for {}{step}", holder.pid, message::seconds(holder.elapsed()))
                }
                None => "another process".to_owned(),
            };
            message::progress(&format!("{test} has waited {waited} for {subject}, which is being made by {by}"));
        });
        self.report.wait_seconds += begun.elapsed().as_secs_f64();
        acquired
    }

    fn warn_unwritable(&self, error: &Error) {
        let text = format!(
            "the cache at {} cannot be written to, so nothing is kept: {}; make room there, make it writable, or point \
             SMOKE_CACHE_DIR elsewhere",
            self.process.config.cache_dir.display(),
            error.report_line(),
        );
        message::warn_once_about("unwritable", &text);
    }

    /// Makes plain files of an archive, in the cache if possible, and loads them.
    fn unpack(
        &mut self,
        slot: &Slot,
        manifest: Manifest,
        lease: Lease,
        in_place: bool,
    ) -> Result<Result<(Value, Entry), Miss>, Error> {
        let begun = Instant::now();
        let store = self.store(slot);
        let privately = |manifest, lease| store.unpack(manifest, lease, Staging::private()?, false);
        let unpacked = if in_place {
            Staging::create(&self.process.layout.staging())
                .and_then(|staging| store.unpack(manifest.clone(), lease.clone(), staging, true))
                .or_else(|error| {
                    self.warn_unwritable(&error);
                    privately(manifest, lease)
                })
        } else {
            privately(manifest, lease)
        };
        match unpacked? {
            Ok(entry) => self.load_entry(entry, begun),
            Err(miss) => Ok(Err(miss)),
        }
    }

    /// Loads what was found whole. If it does not load all the same, it is as good as damaged.
    fn load_entry(&mut self, entry: Entry, begun: Instant) -> Result<Result<(Value, Entry), Miss>, Error> {
        match self.load(&entry.directory, true) {
            // What it opened by name may be of both.
            Ok(_) if !entry.lease.is_current(&self.process.layout.manifest(&self.slot())) => {
                self.add_restore(begun, Duration::ZERO);
                Ok(Err(Miss::Absent("it was replaced while it was loaded".to_owned())))
            }
            Ok((value, elsewhere)) => {
                self.add_restore(begun, elsewhere);
                Ok(Ok((value, entry)))
            }
            Err(error) if is_skip(&error) => Err(error),
            Err(error) => {
                self.add_restore(begun, Duration::ZERO);
                Ok(Err(Miss::Damaged(format!("it does not load: {}", innermost(&error)))))
            }
        }
    }
}

fn is_a_link(path: &Path) -> String {
    format!("{} is a link", path.display())
}
