//! Verifies a stored artifact by a new build: `SMOKE_VERIFY`.
//!
//! ```text
//! build ─ same as stored ───────────────────────────────► same
//!    └ differs ─ build again ─ the builds agree ────────► stale: the key lacks an input
//!                        └ they differ ─────────────────► not deterministic
//! ```
//!
//! With `vary`, the first build runs in another environment. If only that one differs, the artifact varies, and
//! [`vary`] finds the variable by halving.
//!
//! - [`compare`]: the differences between two builds, as text
//! - [`vary`]: the changes of the environment

mod compare;
mod vary;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::circumstances::Circumstances;
use super::private_build::PrivateBuild;
use super::{ArtifactRequest, environment};
use crate::api::session::dyn_artifact::Value;
use crate::config::{Mode, Verify};
use crate::error::Error;
use crate::message;
use crate::remote::{Remote, Withdrawn};
use crate::store::copy::{self, Large};
use crate::store::lock::BuildLock;
use crate::store::manifest::{Changed, ListedFile};
use crate::store::{Entry, Found, Staging, Unpacked, list};
use crate::telemetry::{Rebuilt, Verification};
use crate::units;
use compare::Side;
use vary::Variation;

/// The kind of note that holds the result for an artifact.
const RESULTS: &str = "verifications";
/// The time from the start of a build to that of the next. A build that writes the time in seconds then differs.
const CLOCK_STEP: Duration = Duration::from_millis(1100);
/// The limit of builds for one artifact. Halving takes two for each step, and 200 variables are 8 steps.
const MOST_BUILDS: u32 = 30;
/// The number of changes of the environment that a report lists.
const MOST_CHANGES: usize = 12;
/// The number of lines of a failed build's output that a report shows.
const MOST_OUTPUT: usize = 5;
/// The limit on the time of `diffoscope`, which may take hours for large files.
const DIFF_LIMIT: Duration = Duration::from_secs(60);

/// A new build.
enum Build {
    Files(Files),
    Fails(String),
    /// The key is another one in that environment.
    OtherKey,
}

/// The files of a new build.
struct Files {
    staging: Staging,
    listed: Vec<ListedFile>,
}

impl Files {
    fn listed(staging: Staging) -> Result<Files, Error> {
        let listed = list(&staging.files())?;
        Ok(Files { staging, listed })
    }

    fn directory(&self) -> PathBuf {
        self.staging.files()
    }
}

/// A comparison with the stored artifact.
enum Compared {
    Same,
    Different,
    OtherKey,
}

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

    /// Returns the stored artifact, unpacked for this process if necessary; `None` if it is not in the cache.
    pub(in crate::api::session) fn stored(&self) -> Option<Entry> {
        match self.store.open() {
            Found::Ready(entry) => Some(entry),
            Found::Packed(manifest, read_lock, _) => {
                let staging = Staging::private().ok()?;
                match self.store.unpack(manifest, read_lock, staging, false).ok()? {
                    Unpacked::Ready(entry) => Some(*entry),
                    Unpacked::Damaged(_) => None,
                }
            }
            Found::Missing(_) => None,
        }
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
        // A test that opens a session itself may have run any code before: only its own process can build.
        let variation = (vary && self.request.session.can_be_repeated())
            .then(|| Variation::new(&self.request.resolved_key.inputs))
            .transpose()?;
        if let Some(variation) = &variation
            && matches!(self.compared(&variation.all())?, Compared::Same)
        {
            return Ok(());
        }
        let begun = Instant::now();
        let first = self.build(&Circumstances::default())?;
        if matches!(first, Build::OtherKey) {
            let text = "its key is another one in each process, so no process can build it again";
            return Err(Error::Message(text.to_owned()));
        }
        let Some(differences) = self.differences_from_stored(&first)? else {
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

    /// Finds the part of the environment that changes the build.
    fn find_cause(&mut self, variation: &Variation) -> Result<(), Error> {
        let mut all = variation.everything();
        // A variable that changes the key is named by it, by the configuration for example.
        loop {
            match self.compared(&variation.of(&all))? {
                Compared::Same => return Ok(()),
                Compared::Different => break,
                Compared::OtherKey if self.has_builds() => {
                    let is_key = |compared: &Compared| matches!(compared, Compared::OtherKey);
                    let found = self.halve(variation, all.clone(), is_key)?;
                    all.retain(|one| !found.contains(one));
                    if all.is_empty() {
                        return Ok(());
                    }
                }
                Compared::OtherKey => {
                    let text = "the environment decides its key in too many ways to vary the rest";
                    return Err(Error::Message(text.to_owned()));
                }
            }
        }
        let is_different = |compared: &Compared| matches!(compared, Compared::Different);
        let found = self.halve(variation, all, is_different)?;
        // The last word: this change alone, or these together.
        let built = self.build(&variation.of(&found))?;
        let Some(differences) = self.differences_from_stored(&built)? else {
            self.record.result = Rebuilt::NotDeterministic;
            self.record.report = vec!["builds in one environment differ now and then".to_owned()];
            self.record.help = format!("make the build of `{}` deterministic", self.request.meta.name);
            return Ok(());
        };
        let causes: Vec<String> = found.iter().map(|one| variation.name(*one)).collect();
        self.record.result = Rebuilt::Varies;
        self.record.report = differences;
        self.record.report.push(format!("changed for this build: {}", shortened(&causes)));
        if let Build::Files(files) = &built {
            let stored = self.stored_side();
            self.keep(&[("stored", stored), ("varied", files.side())]);
        }
        self.record.help = match &found[..] {
            [one] => variation.help(*one, self.request.meta.name),
            _ => self.help_for_key(),
        };
        self.record.causes = causes;
        Ok(())
    }

    /// Returns the smallest part of `all` found by halving whose comparison has the property.
    fn halve(
        &mut self,
        variation: &Variation,
        mut all: Vec<usize>,
        has_property: impl Fn(&Compared) -> bool,
    ) -> Result<Vec<usize>, Error> {
        while all.len() > 1 && self.has_builds() {
            let (left, right) = all.split_at(all.len() / 2);
            let (left, right) = (left.to_vec(), right.to_vec());
            all = if has_property(&self.compared(&variation.of(&left))?) {
                left
            } else if has_property(&self.compared(&variation.of(&right))?) {
                right
            } else {
                // Only both together.
                break;
            };
        }
        Ok(all)
    }

    fn has_builds(&self) -> bool {
        self.record.builds < MOST_BUILDS
    }

    /// Builds the artifact under these circumstances, and compares it with the stored one.
    fn compared(&mut self, circumstances: &Circumstances) -> Result<Compared, Error> {
        let built = self.build(circumstances)?;
        if matches!(built, Build::OtherKey) {
            return Ok(Compared::OtherKey);
        }
        Ok(if self.differences_from_stored(&built)?.is_some() { Compared::Different } else { Compared::Same })
    }

    fn build(&mut self, circumstances: &Circumstances) -> Result<Build, Error> {
        self.record.builds += 1;
        if !self.request.session.can_be_repeated() {
            return Ok(match self.request.files_again() {
                Ok(staging) => Build::Files(Files::listed(staging)?),
                Err(error) => Build::Fails(error.report()),
            });
        }
        let log = self.request.private_log(&format!("verify-{}", self.record.builds));
        Ok(match self.request.build_in_child(circumstances, &log)? {
            PrivateBuild::Built { staging, .. } => {
                Files::listed(staging).map_or_else(|error| Build::Fails(error.report()), Build::Files)
            }
            PrivateBuild::Failed { message, output } => Build::Fails(with_output(message, &output)),
            PrivateBuild::OtherKey => Build::OtherKey,
        })
    }

    /// Returns the differences of a new build from the stored artifact; `None` without any.
    fn differences_from_stored(&self, built: &Build) -> Result<Option<Vec<String>>, Error> {
        let failed = |lines: &str| {
            let head = "the new build fails:".to_owned();
            let lines = lines.lines().map(|line| format!("  {line}"));
            Ok(Some(std::iter::once(head).chain(lines).collect()))
        };
        match built {
            Build::Files(files) => self.differences_between(self.stored_side(), "stored", files.side(), "new"),
            Build::Fails(message) => failed(message),
            Build::OtherKey => failed("its key is another one in the process that builds"),
        }
    }

    fn differences(&self, left: (&Files, &str), right: (&Files, &str)) -> Result<Option<Vec<String>>, Error> {
        self.differences_between(left.0.side(), left.1, right.0.side(), right.1)
    }

    /// Compares the bytes and, if they differ, the values by the artifact's `same`.
    fn differences_between(
        &self,
        left: Side<'_>,
        left_name: &str,
        right: Side<'_>,
        right_name: &str,
    ) -> Result<Option<Vec<String>>, Error> {
        if left.has_the_bytes_of(&right) {
            return Ok(None);
        }
        let mut differences = compare::differences((&left, left_name), (&right, right_name))?;
        match self.load(&left).and_then(|left| Ok((left, self.load(&right)?))) {
            Ok((one, other)) => match super::calls::guarded(|| Ok(self.request.artifact.same(&one, &other))) {
                Ok(Ok(())) => return Ok(None),
                Ok(Err(reason)) if !reason.is_empty() => differences.insert(0, reason),
                Ok(Err(_)) => {}
                Err(panic) => differences.insert(0, format!("its `same` failed: {panic}")),
            },
            Err(error) => differences.push(format!("one of them does not load: {}", error.report_line())),
        }
        Ok(Some(differences))
    }

    fn load(&self, side: &Side<'_>) -> Result<Value, Error> {
        let loading = self.request.loading();
        let loaded = if side.is_stored {
            loading.load_stored(&side.directory, side.files, false)?
        } else {
            loading.load_private(&side.directory)?
        };
        // The process may have mapped the files: they stay until it ends.
        std::mem::forget(loaded.private);
        Ok(loaded.value)
    }

    fn stored_side(&self) -> Side<'a> {
        Side { directory: self.entry.directory.clone(), files: &self.entry.manifest.files, is_stored: true }
    }

    /// Adds what differs between the environments of the stored build and of this process.
    fn report_changes(&mut self) {
        let Some(then) = &self.entry.manifest.environment else {
            let text = "the environment of the stored build is not known: another machine or version built it";
            self.record.report.push(text.to_owned());
            return;
        };
        let changes = then.changes(&environment::of_this_process());
        let age = SystemTime::now()
            .duration_since(UNIX_EPOCH + Duration::from_secs(self.entry.manifest.completed))
            .unwrap_or_default();
        let since = format!("since the stored build, {} ago", age_of(age));
        if changes.is_empty() {
            self.record.report.push(format!("{since}, no variable and no other known part of the environment changed"));
            return;
        }
        self.record.report.push(format!("{since}, these changed:"));
        for change in changes.iter().take(MOST_CHANGES) {
            self.record.report.push(format!("  {change}"));
        }
        if changes.len() > MOST_CHANGES {
            self.record.report.push(format!("  and {} more", changes.len() - MOST_CHANGES));
        }
        self.record.causes = changes.iter().map(ToString::to_string).collect();
    }

    fn help_for_key(&self) -> String {
        let artifact = self.request.meta.name;
        let changes =
            self.entry.manifest.environment.iter().flat_map(|then| then.changes(&environment::of_this_process()));
        let variables: Vec<String> = changes
            .filter_map(|change| match change {
                Changed::Variable { name, .. } => Some(name),
                Changed::Fact(_) => None,
            })
            .collect();
        match &variables[..] {
            [one] => format!("if the build of `{artifact}` reads it, add `key.env(\"{one}\")` to its `key`"),
            _ => format!(
                "declare what the build of `{artifact}` reads in its `key`: `key.env(\"…\")`, `key.file(\"…\")`, \
                 `key.directory(\"…\")` or `key.tool(\"…\")`"
            ),
        }
    }

    /// Sets the stored artifact aside, and withdraws the remote copy.
    fn withdraw(&mut self) {
        let request = &mut *self.request;
        if request.process.config.mode != Mode::ReadWrite {
            self.record.report.push("the stored artifact stays, because the cache is read-only".to_owned());
            return;
        }
        let lock = BuildLock::try_acquire(&request.process.layout.build_lock(&request.store.artifact_path));
        let set_aside = match lock {
            Ok(Some(_lock)) => request.store.set_aside().map_err(|error| error.report_line()),
            Ok(None) => Err("another process builds it".to_owned()),
            Err(error) => Err(error.report_line()),
        };
        self.record.report.push(match set_aside {
            Ok(()) => "the stored artifact is set aside: the next test that needs it builds it".to_owned(),
            Err(reason) => format!("the stored artifact cannot be set aside: {reason}"),
        });
        let digest = request.resolved_key.key.digest();
        let remote = Remote::of(request.process.config, request.process.run, &request.store.artifact_path, digest);
        let Some(mut remote) = remote.filter(|remote| !remote.is_given_up()) else { return };
        self.record.report.push(match remote.withdraw() {
            Ok(Withdrawn::Done) => "the copy in the remote cache is withdrawn".to_owned(),
            Ok(Withdrawn::Absent) => "the remote cache has no copy".to_owned(),
            Ok(Withdrawn::ReadOnly) => {
                "the copy in the remote cache stays: it is read-only for this process".to_owned()
            }
            Err(reason) => format!("the copy in the remote cache cannot be withdrawn: {reason}"),
        });
    }

    /// Keeps builds that differ in the directory of the run, with the report of `diffoscope` if that is installed.
    fn keep(&mut self, sides: &[(&str, Side<'_>)]) {
        let key = self.request.resolved_key.key.digest();
        let name = format!("{}-{}-{}", self.request.repo(), self.request.meta.name, key.get(..16).unwrap_or(key));
        let directory = self.request.process.run.directory().join("rebuilt").join(name);
        let _ = fs::remove_dir_all(&directory);
        for (name, side) in sides {
            let target = directory.join(name);
            let copied = fs::create_dir_all(&target).map_err(Error::io("create", &target));
            if let Err(error) = copied.and_then(|()| copy::copy(&side.directory, side.files, &target, Large::Copied)) {
                self.record.report.push(format!("the builds are not kept: {}", error.report_line()));
                return;
            }
        }
        let shown = directory.display();
        self.record.report.push(format!("both are in {shown}"));
        if let [(one, _), (other, _)] = sides
            && let Some(report) = diffoscope(&directory, one, other)
        {
            self.record.report.push(format!("the report of diffoscope is {}", report.display()));
        }
        self.record.kept = Some(shown.to_string());
    }
}

impl Files {
    fn side(&self) -> Side<'_> {
        Side { directory: self.directory(), files: &self.listed, is_stored: false }
    }
}

/// Returns the report of `diffoscope` about two directories, if the program is installed and fast enough.
fn diffoscope(directory: &Path, one: &str, other: &str) -> Option<PathBuf> {
    let report = directory.join("diffoscope.txt");
    let mut child = Command::new("diffoscope")
        .arg("--text")
        .arg(&report)
        .args([one, other])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let begun = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if begun.elapsed() > DIFF_LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(50));
    }
    report.is_file().then_some(report)
}

/// Adds the last lines of a failed build's output to its message.
fn with_output(mut message: String, output: &str) -> String {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    for line in &lines[lines.len().saturating_sub(MOST_OUTPUT)..] {
        let _ = write!(message, "\n| {line}");
    }
    message
}

/// Returns the age of a build, for people.
fn age_of(age: Duration) -> String {
    const HOUR: u64 = 60 * 60;
    match age.as_secs() / HOUR {
        0 => units::duration(age.as_secs_f64()),
        hours @ ..48 => format!("{hours} h"),
        hours => format!("{} days", hours / 24),
    }
}

/// Returns a list of names that fits into some lines.
fn shortened(names: &[String]) -> String {
    let shown = names.iter().take(MOST_CHANGES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST_CHANGES) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
