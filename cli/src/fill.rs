//! Fills the cache for `populate` and `pull`: the tests restore, build or fetch their artifacts, and do not run.

use std::collections::{HashMap, HashSet};
use std::process::{ExitCode, Output};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use cached_smoke::tooling::remote::{Asked, read_asked};
use cached_smoke::tooling::{Config, KeyReport, builder, note_size, read_reports, stored};
use cached_smoke::{ArtifactReport, CacheReport, Outcome};
use clap::Args;
use serde::Serialize;

use crate::duration::duration;
use crate::fetch::fetch_missing;
use crate::progress::Bar;
use crate::remote::upload_rest;
use crate::report::Traffic;
use crate::runner::{Runner, RunnerArguments, failed_to_start, shown};
#[cfg(test)]
use crate::schema::library;
use crate::selection::{Selection, Unavailable, is_skipped, names_of, print_errors, unavailable};
use crate::{exit, interrupt, keys, output};

/// The interval between two looks at the builds in flight. It delays the display only.
const POLL_EVERY: Duration = Duration::from_millis(100);
/// The interval between two lines about one build, without a terminal.
const REPORT_EVERY: Duration = Duration::from_secs(5);

#[derive(Args, Debug)]
pub(crate) struct FillArguments {
    /// Select repositories; all of smoke.toml if none is named.
    repos: Vec<String>,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    runner: RunnerArguments,
}

/// The way to obtain missing artifacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Fetch or build them.
    Build,
    /// Fetch them from the remote cache, and skip the rest.
    Fetch,
}

impl Missing {
    /// Returns the value of `SMOKE_ON_MISS`, and a verb for the progress.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Missing::Build => ("build", "building"),
            Missing::Fetch => ("skip", "fetching"),
        }
    }
}

/// A run of the tests that filled the cache.
struct Run {
    id: String,
    output: Output,
    is_interrupted: bool,
    /// Why the runner did not run all tests, if it did not.
    unfinished: Option<String>,
    reports: Vec<CacheReport>,
}

/// The outcome of `populate` or `pull`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Filled {
    /// The artifacts that the tests request.
    artifacts: Vec<Row>,
    /// The repositories that were skipped.
    skipped: Vec<Skipped>,
    /// The requests to the remote cache.
    #[cfg_attr(test, schemars(with = "Vec<library::Request>"))]
    remote: Vec<Asked>,
    #[serde(skip)]
    mode: Missing,
    #[serde(skip)]
    unavailable: Vec<Unavailable>,
    /// A build failed, or a repository is not available.
    #[serde(skip)]
    has_failed: bool,
    #[serde(skip)]
    is_interrupted: bool,
}

/// An artifact that the tests request.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Requested"))]
struct Row {
    repo: String,
    artifact: String,
    /// Repository, revision, and the first digits of the digest.
    key: String,
    state: State,
    /// The reason for the miss, if the artifact was not in the cache before the command.
    reason: Option<String>,
}

/// The way in which an artifact came into the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Fill"))]
#[serde(rename_all = "lowercase")]
enum State {
    /// The cache had it before.
    Present,
    Built,
    Fetched,
    /// The cache does not have it.
    Missing,
}

/// A repository that was skipped.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Skipped {
    repo: String,
    reason: String,
}

/// Fails if the settings forbid to write to the cache.
pub(crate) fn check_writable(config: &Config) -> anyhow::Result<()> {
    if !config.is_writable() {
        bail!("SMOKE_CACHE forbids to write to the cache\nhelp: set SMOKE_CACHE=read-write for this command");
    }
    Ok(())
}

/// Runs the tests of the command `populate` or `pull`.
pub(crate) fn fill(config: &Config, arguments: &FillArguments, mode: Missing) -> anyhow::Result<Filled> {
    check_writable(config)?;
    let selected = Selection::new(config, &arguments.repos)?;
    let unfetched = fetch_missing(config, &selected.repos);
    let unavailable = unavailable(config, &arguments.repos, &unfetched);
    let names = names_of(&unfetched, &unavailable);
    let mut runner = Runner::new(config, &arguments.runner, &selected.skipped(config, &names))?;
    let mut keys = Vec::new();
    if selected.has_tests(config, &names) {
        runner = runner.compile()?;
        keys = keys::compute(config, &runner)?;
    }
    let missing: Vec<&KeyReport> = keys.iter().filter(|key| key.miss.is_some()).collect();
    let run = if missing.is_empty() { None } else { Some(Run::new(config, runner, &missing, mode)?) };

    let still_missing = still_missing(config, &missing)?;
    if let Some(run) = &run {
        // Under `pull`, what the remote cache does not have may stay missing.
        let is_unexpected = mode == Missing::Build || run.unfinished.is_some();
        let is_failure = run.has_failed_build() || is_unexpected && !still_missing.is_empty();
        if !run.output.status.success() && is_failure {
            let Output { stdout, stderr, .. } = &run.output;
            eprint!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
        }
    }
    let left_out = selected.repos.iter().filter(|(name, _)| is_skipped(config, name));
    let left_out = left_out.map(|(name, _)| ((*name).to_owned(), "named by SMOKE_LEAVE_OUT".to_owned()));
    let unfetched = unfetched.iter().map(|one| (one.repo.clone(), one.reason.clone()));
    let fetched = run.as_ref().map(Run::fetched).unwrap_or_default();
    let artifact = |key: &KeyReport| Row {
        repo: key.repo.clone(),
        artifact: key.artifact.clone(),
        key: key.key.clone(),
        state: match key.miss {
            None => State::Present,
            Some(_) if still_missing.iter().any(|one| std::ptr::eq(*one, key)) => State::Missing,
            Some(_) if fetched.contains(&(&*key.key, &*key.artifact)) => State::Fetched,
            Some(_) => State::Built,
        },
        reason: key.miss.clone(),
    };
    Ok(Filled {
        artifacts: keys.iter().map(artifact).collect(),
        skipped: left_out.chain(unfetched).map(|(repo, reason)| Skipped { repo, reason }).collect(),
        remote: run.as_ref().map_or_else(|| Ok(Vec::new()), |run| run.upload(config))?,
        mode,
        has_failed: run.as_ref().is_some_and(Run::has_failed_build) || !names.is_empty(),
        is_interrupted: run.as_ref().is_some_and(|run| run.is_interrupted),
        unavailable,
    })
}

impl Filled {
    fn number(&self, state: State) -> usize {
        self.artifacts.iter().filter(|artifact| artifact.state == state).count()
    }

    /// Prints the outcome for people.
    pub(crate) fn print(&self) {
        for Row { repo, artifact, key, .. } in self.artifacts.iter().filter(|one| one.state == State::Missing) {
            output::sentence(format_args!("missing: {artifact} of {repo}: {key}"));
        }
        for Skipped { repo, reason } in &self.skipped {
            output::sentence(format_args!("skipped: {repo}: {reason}"));
        }
        if let Some(traffic) = Traffic::of(&self.remote) {
            output::sentence(traffic);
        }
        let (built, fetched) = (self.number(State::Built), self.number(State::Fetched));
        let now = match self.mode {
            Missing::Build if fetched > 0 => format!("{built} were built and {fetched} fetched"),
            Missing::Build => format!("{built} were built"),
            Missing::Fetch => format!("{fetched} were fetched"),
        };
        let (all, present) = (self.artifacts.len(), self.artifacts.len() - self.number(State::Missing));
        output::line(format_args!("{present} of {all} artifacts are in the cache; {now} now"));
    }

    /// Prints the errors, and returns the exit status of the command.
    ///
    /// # Errors
    /// Fails if the command was interrupted before the cache was filled.
    pub(crate) fn end(&self) -> anyhow::Result<ExitCode> {
        print_errors(&self.unavailable);
        let is_full = self.number(State::Missing) == 0;
        if self.is_interrupted && !is_full {
            bail!("interrupted before the cache was filled");
        }
        Ok(exit::success_if(match self.mode {
            Missing::Build => is_full && !self.has_failed,
            // The remote cache need not have everything, but it must answer.
            Missing::Fetch => !self.remote.iter().any(Asked::is_failure) && self.unavailable.is_empty(),
        }))
    }
}

/// Returns those of the keys that the cache does not have.
fn still_missing<'a>(config: &Config, missing: &[&'a KeyReport]) -> anyhow::Result<Vec<&'a KeyReport>> {
    let stored = stored(config)?;
    let is_stored = |key: &KeyReport| {
        let mut of_artifact = stored.iter().filter(|stored| stored.artifact == key.artifact);
        of_artifact.any(|stored| stored.manifest.as_ref().is_ok_and(|made| made.digest == key.digest))
    };
    Ok(missing.iter().copied().filter(|key| !is_stored(key)).collect())
}

impl Run {
    /// Runs the tests until they have their fixtures, and shows the progress.
    fn new(config: &Config, runner: Runner, missing: &[&KeyReport], mode: Missing) -> anyhow::Result<Run> {
        let runner = runner.in_another_run("b");
        let (on_miss, verb) = mode.words();
        let mut command = runner.stopping_after("fixture", on_miss);
        let (child, forwarding) = interrupt::start(&mut command).with_context(|| failed_to_start(&command))?;
        let tests = thread::spawn(move || child.wait_with_output());
        let mut progress = Progress::new(config, runner.run(), missing, verb);
        loop {
            // Records that a test writes before it ends are shown in the last round.
            let is_over = tests.is_finished();
            progress.show_builds();
            progress.show_results();
            if is_over {
                break;
            }
            thread::sleep(POLL_EVERY);
        }
        progress.bar.finish();
        let output = tests.join().map_err(|_| anyhow!("the thread that waits for the tests panicked"))?;
        let is_interrupted = forwarding.end();
        let output = output.with_context(|| format!("failed to wait for {}", shown(&command)))?;
        let unfinished = runner.unfinished(&output);
        let reports = read_reports(config.cache_dir(), runner.run()).unwrap_or_default();
        Ok(Run { id: runner.run().to_owned(), output, is_interrupted, unfinished, reports })
    }

    fn artifacts(&self) -> impl Iterator<Item = &ArtifactReport> {
        self.reports.iter().flat_map(|report| &report.artifacts)
    }

    /// Returns `true` if a test could not get an artifact. Other failures are those of test bodies, which do not count
    /// here.
    fn has_failed_build(&self) -> bool {
        self.artifacts().any(|artifact| artifact.outcome == Outcome::Failed && !artifact.artifact.is_empty())
    }

    /// Returns the key and the name of each artifact that came from the remote cache.
    fn fetched(&self) -> HashSet<(&str, &str)> {
        let fetched = self.artifacts().filter(|artifact| artifact.outcome == Outcome::Fetched);
        fetched.map(|artifact| (&*artifact.key, &*artifact.artifact)).collect()
    }

    /// Uploads what the tests did not, and returns all requests to the remote cache.
    fn upload(&self, config: &Config) -> anyhow::Result<Vec<Asked>> {
        if !self.is_interrupted {
            upload_rest(config, &self.id)?;
        }
        let asked = read_asked(config, &self.id)?;
        // For `report`. Tests have warned already of a cache that is not writable.
        let _ = note_size(config, &self.id);
        Ok(asked)
    }
}

/// The display of the builds in flight and their results.
struct Progress<'a> {
    config: &'a Config,
    run: &'a str,
    missing: &'a [&'a KeyReport],
    verb: &'static str,
    bar: Bar,
    /// The results that are shown already: repository, artifact and key.
    shown: HashSet<(String, String, String)>,
    /// The time of the last line about the build of a key.
    reported: HashMap<&'a str, Instant>,
}

impl<'a> Progress<'a> {
    fn new(config: &'a Config, run: &'a str, missing: &'a [&'a KeyReport], verb: &'static str) -> Progress<'a> {
        let bar = Bar::new(&format!("{verb} artifacts"), missing.len());
        Progress { config, run, missing, verb, bar, shown: HashSet::new(), reported: HashMap::new() }
    }

    fn show_builds(&mut self) {
        let mut steps = Vec::new();
        for key in self.missing {
            let Some(builder) = builder(self.config, key) else { continue };
            let step = builder.step.map_or_else(String::new, |step| format!(": {step}"));
            let line = format!("{} of {}{step} ({})", key.artifact, key.repo, duration(builder.elapsed.as_secs_f64()));
            let is_due = self.reported.get(&*key.digest).is_none_or(|last| last.elapsed() >= REPORT_EVERY);
            if is_due && !self.bar.is_terminal() {
                self.reported.insert(&key.digest, Instant::now());
                self.bar.print(&format!("{} {line}", self.verb));
            }
            steps.push(line);
        }
        self.bar.set_step(&steps.join(", "));
    }

    fn show_results(&mut self) {
        for report in read_reports(self.config.cache_dir(), self.run).unwrap_or_default() {
            for artifact in report.artifacts.iter().filter(|artifact| is_result(artifact)) {
                if !self.shown.insert((report.repo.clone(), artifact.artifact.clone(), artifact.key.clone())) {
                    continue;
                }
                self.bar.done();
                let result = match artifact.outcome {
                    Outcome::Built | Outcome::Forced => format!("built in {}", duration(artifact.rebuild_seconds)),
                    Outcome::Fetched => format!("fetched in {}", duration(artifact.remote_seconds)),
                    outcome => format!("{outcome}: {}", output::plain(&artifact.reason)),
                };
                match artifact.artifact.as_str() {
                    "" => self.bar.print(&format!("{} over {}: {result}", report.test, report.repo)),
                    name => self.bar.print(&format!("{name} of {}: {result}", report.repo)),
                }
            }
        }
    }
}

/// Returns `true` for the record of a build or fetch, and not for that of a test that used the result of another.
fn is_result(artifact: &ArtifactReport) -> bool {
    match artifact.outcome {
        Outcome::Hit | Outcome::Shared | Outcome::Skipped => false,
        // Only a test body can fail to open a session here: tests of the attribute have recorded their keys before.
        Outcome::Failed => !artifact.artifact.is_empty(),
        _ => true,
    }
}
