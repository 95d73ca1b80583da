//! Verifies a stored artifact by a new build: `SMOKE_VERIFY`.
//!
//! ```text
//! build ─ same as stored ───────────────────────────────► same
//!    └ differs ─ build again ─ the builds agree ────────► stale: the key lacks an input
//!                        └ they differ ─────────────────► not deterministic
//! ```
//!
//! With `vary`, the first build runs in another environment. If only that one differs, the artifact varies, and
//! [`cause`] finds the variable by halving.
//!
//! - [`rebuild`]: new builds, and their comparison with the stored artifact
//! - [`compare`]: the differences between two builds, as text
//! - [`vary`]: the changes of the environment
//! - [`cause`]: the search for the change that matters
//! - [`evidence`]: the report of a finding, and the builds that are kept
//! - [`withdraw`]: the removal of a stale artifact

mod cause;
mod compare;
mod evidence;
mod rebuild;
mod vary;
mod withdraw;

use std::fmt::Write;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::ArtifactRequest;
use super::circumstances::Circumstances;
use super::hermetic::unconfined_error;
use crate::audit::confinement;
use crate::config::Verify;
use crate::error::Error;
use crate::message;
use crate::store::{Entry, Found, Staging, Unpacked};
use crate::telemetry::{Rebuilt, Verification};
use rebuild::{Build, Compared, Files};
use vary::Variation;

/// The kind of note that holds the result for an artifact.
const RESULTS: &str = "verifications";
/// The time from the start of a build to that of the next. A build that writes the time in seconds then differs.
const CLOCK_STEP: Duration = Duration::from_millis(1100);

impl ArtifactRequest<'_> {
    /// Builds the stored artifact again, once in a run. Returns the result, unless the artifact is too new.
    ///
    /// # Errors
    /// Fails if the artifact depends on something that its key does not name.
    pub(in crate::api::session) fn verify(
        mut self,
        entry: &Entry,
        settings: &Verify,
    ) -> Result<Option<Rebuilt>, Error> {
        let manifest = &entry.manifest;
        let is_of_this_run = manifest.run == self.process.run.id() && !self.was_fetched();
        let built = UNIX_EPOCH + Duration::from_secs(manifest.completed);
        let age = SystemTime::now().duration_since(built).unwrap_or_default();
        if is_of_this_run || age < settings.older_than {
            return Ok(None);
        }
        let (run, note) = (self.process.run, self.note());
        let verified = run.once(RESULTS, &note, || {
            let subject = self.subject();
            let record = message::while_slow(&format!("building {subject} again to verify it"), || {
                Verifier::new(&mut self, entry).run(settings)
            });
            record.emit(run);
            Ok::<_, Error>(record)
        })?;
        match verified.result {
            Rebuilt::Same => Ok(Some(verified.result)),
            Rebuilt::Unverified => {
                message::warn_once(&format!("{} is not verified: {}", self.subject(), verified.report.join(" ")));
                Ok(Some(verified.result))
            }
            result => Err(failure(&self.subject(), result, &verified)),
        }
    }

    /// Verifies the stored artifact, unpacked for this process if necessary. Does nothing if it is not in the cache.
    ///
    /// # Errors
    /// Fails as [`verify`](Self::verify) does. A damaged artifact is no error: the next test that needs it builds it.
    pub(in crate::api::session) fn verify_stored(self, settings: &Verify) -> Result<(), Error> {
        let entry = match self.store.open() {
            Found::Ready(entry) => entry,
            Found::Packed(manifest, read_lock, _) => {
                match self.store.unpack(manifest, read_lock, Staging::private()?, false) {
                    Ok(Unpacked::Ready(entry)) => *entry,
                    Ok(Unpacked::Damaged(reason)) => return self.record_unverified(reason),
                    Err(error) => return self.record_unverified(error.report_line()),
                }
            }
            Found::Missing(_) => return Ok(()),
        };
        self.verify(&entry, settings).map(drop)
    }

    /// Records that the stored artifact cannot be compared.
    fn record_unverified(&self, reason: String) -> Result<(), Error> {
        let run = self.process.run;
        let recorded = run.once(RESULTS, &self.note(), || {
            let key = self.resolved_key.key.display();
            let mut record = Verification::new(self.repo(), self.meta.name, &key);
            record.result = Rebuilt::Unverified;
            record.report = vec![format!("the stored artifact cannot be read: {reason}")];
            record.emit(run);
            Ok(record)
        });
        recorded.map(drop)
    }

    /// Returns `true` if the sample of this run has the artifact.
    pub(in crate::api::session) fn is_sampled(&self, settings: &Verify) -> bool {
        settings.covers(self.process.run.id(), self.resolved_key.key.digest(), self.meta.name)
    }
}

/// Returns the error of a test whose artifact is a finding.
fn failure(subject: &str, result: Rebuilt, verified: &Verification) -> Error {
    let what = match result {
        Rebuilt::Stale => {
            "is stale: new builds with its key agree with each other, and differ from the stored artifact"
        }
        Rebuilt::NotDeterministic => "is not deterministic: two builds with one key differ",
        Rebuilt::Varies => "varies: in another environment, a build with its key differs from the stored artifact",
        Rebuilt::Fails | Rebuilt::Same | Rebuilt::Unverified => {
            "cannot be built again: it depends on something that its key does not name"
        }
    };
    let mut message = format!("{subject} {what}");
    for line in &verified.report {
        let _ = write!(message, "\n  {line}");
    }
    Error::Rebuilt { message, help: verified.help.clone() }
}

/// The verification of one artifact.
struct Verifier<'a, 'r> {
    request: &'a mut ArtifactRequest<'r>,
    entry: &'a Entry,
    record: Verification,
    begun: Instant,
}

impl<'a, 'r> Verifier<'a, 'r> {
    fn new(request: &'a mut ArtifactRequest<'r>, entry: &'a Entry) -> Verifier<'a, 'r> {
        let key = request.resolved_key.key.display();
        let record = Verification::new(request.repo(), request.meta.name, &key);
        Verifier { request, entry, record, begun: Instant::now() }
    }

    fn run(mut self, settings: &Verify) -> Verification {
        if let Err(error) = self.verify(settings.vary) {
            self.record.result = Rebuilt::Unverified;
            self.record.report = error.report().lines().map(str::to_owned).collect();
        }
        // A change during the verification explains every difference.
        if self.record.result.is_finding()
            && let Some(changed) = self.request.changed_meanwhile()
        {
            self.record.result = Rebuilt::Unverified;
            self.record.report = vec![changed];
            self.record.help.clear();
        } else if self.record.result == Rebuilt::Stale {
            self.withdraw();
        }
        self.record.seconds = self.begun.elapsed().as_secs_f64();
        self.record
    }

    fn verify(&mut self, vary: bool) -> Result<(), Error> {
        if self.request.meta.is_hermetic {
            confinement::check().map_err(unconfined_error)?;
        }
        // A test that opens a session itself may have run any code before: only its own process can build.
        let variation = (vary && self.request.session.can_be_repeated())
            .then(|| Variation::new(&self.request.resolved_key.inputs))
            .transpose()?;
        let mut is_same_if_varied = false;
        if let Some(variation) = &variation {
            is_same_if_varied = matches!(self.compared(&variation.all())?, Compared::Same);
            // The value that a variable has now may matter, and the one of the variation not.
            if is_same_if_varied && !self.is_environment_changed() {
                return Ok(());
            }
        }
        let begun = Instant::now();
        let first = self.build(&Circumstances::default())?;
        if matches!(first, Build::OtherKey) {
            let text = "its key is another one in each process, so no process can build it again";
            return Err(Error::Message(text.to_owned()));
        }
        let Some(differences) = self.differences_from_stored(&first)? else {
            let variation = variation.filter(|_| !is_same_if_varied);
            return variation.map_or(Ok(()), |variation| self.find_cause(&variation));
        };
        thread::sleep(CLOCK_STEP.saturating_sub(begun.elapsed()));
        let second = self.build(&Circumstances::default())?;
        match (first, second) {
            (Build::Files(first), Build::Files(second)) => {
                match self.differences((&first, "first"), (&second, "second"))? {
                    None => self.stale(differences, &first),
                    Some(differences) => self.not_deterministic(differences, &first, &second),
                }
            }
            (Build::Fails(_), Build::Fails(_)) => {
                self.record.result = Rebuilt::Fails;
                self.record.report = differences;
                self.report_changes();
                self.record.help = self.help_for_key();
            }
            _ => self.not_deterministic_failure(differences),
        }
        Ok(())
    }

    fn stale(&mut self, differences: Vec<String>, new: &Files) {
        self.record.result = Rebuilt::Stale;
        self.record.report = differences;
        self.report_changes();
        let stored = self.stored_side();
        self.keep(&[("stored", stored), ("new", new.side())]);
        self.record.help = self.help_for_key();
    }

    fn not_deterministic(&mut self, differences: Vec<String>, first: &Files, second: &Files) {
        self.record.result = Rebuilt::NotDeterministic;
        self.record.report = differences;
        self.keep(&[("first", first.side()), ("second", second.side())]);
        self.record.help = format!(
            "sort what the build of `{0}` writes, and keep times and random numbers out; or let `Artifact::same` of \
             `{0}` compare what matters",
            self.request.meta.name
        );
    }

    fn not_deterministic_failure(&mut self, differences: Vec<String>) {
        self.record.result = Rebuilt::NotDeterministic;
        self.record.report = differences;
        self.record.report.push("only one of two new builds fails".to_owned());
        self.record.help =
            format!("fix the build of `{}`, so that it does not fail now and then", self.request.meta.name);
    }
}
