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

use crate::duration::duration;
use crate::fetch::fetch_missing;
use crate::progress::Bar;
use crate::remote::upload_rest;
use crate::report::Traffic;
use crate::runner::{Runner, RunnerArguments, failed_to_start, shown};
use crate::selection::{Selection, is_skipped, names_of, print_errors, unavailable};
use crate::{exit, interrupt, keys, output};

/// The interval between two looks at the builds in flight. It delays the display only.
const POLL_EVERY: Duration = Duration::from_millis(100);
/// The interval between two lines about one build, without a terminal.
const REPORT_EVERY: Duration = Duration::from_secs(5);

#[derive(Args, Debug)]
pub(crate) struct FillArguments {
    /// Select repositories; all of smoke.toml if none is named.
    repos: Vec<String>,

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

/// Runs the command `populate` or `pull`.
pub(crate) fn fill(config: &Config, arguments: &FillArguments, mode: Missing) -> anyhow::Result<ExitCode> {
    if !config.is_writable() {
        bail!("SMOKE_CACHE forbids to write to the cache\nhelp: set SMOKE_CACHE=read-write for this command");
    }
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
    let has_failed_build = run.as_ref().is_some_and(Run::has_failed_build);
    if let Some(run) = &run {
        // Under `pull`, what the remote cache does not have may stay missing.
        let is_unexpected = mode == Missing::Build || run.unfinished.is_some();
        if !run.output.status.success() && (has_failed_build || is_unexpected && !still_missing.is_empty()) {
            let Output { stdout, stderr, .. } = &run.output;
            eprint!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
        }
    }
    for key in &still_missing {
        output::sentence(format_args!("missing: {} of {}: {}", key.artifact, key.repo, key.key));
    }
    for (name, _) in selected.repos.iter().filter(|(name, _)| is_skipped(config, name)) {
        output::line(format_args!("skipped: {name}: named by SMOKE_LEAVE_OUT"));
    }
    for skipped in &unfetched {
        output::sentence(format_args!("skipped: {skipped}"));
    }
    let asked = run.as_ref().map_or_else(|| Ok(Vec::new()), |run| run.upload(config))?;
    let fetched = run.as_ref().map_or(0, Run::number_fetched);
    let built = (missing.len() - still_missing.len()).saturating_sub(fetched);
    let now = match mode {
        Missing::Build if fetched > 0 => format!("{built} were built and {fetched} fetched"),
        Missing::Build => format!("{built} were built"),
        Missing::Fetch => format!("{fetched} were fetched"),
    };
    let present = keys.len() - still_missing.len();
    output::line(format_args!("{present} of {} artifacts are in the cache; {now} now", keys.len()));
    print_errors(&unavailable);
    if run.is_some_and(|run| run.is_interrupted) && !still_missing.is_empty() {
        bail!("interrupted before the cache was filled");
    }
    Ok(exit::success_if(match mode {
        Missing::Build => still_missing.is_empty() && !has_failed_build && names.is_empty(),
        // The remote cache need not have everything, but it must answer.
        Missing::Fetch => !asked.iter().any(Asked::is_failure) && unavailable.is_empty(),
    }))
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

    /// Returns the number of different artifacts that came from the remote cache.
    fn number_fetched(&self) -> usize {
        let fetched = self.artifacts().filter(|artifact| artifact.outcome == Outcome::Fetched);
        fetched.map(|artifact| (&artifact.key, &artifact.artifact)).collect::<HashSet<_>>().len()
    }

    /// Uploads what the tests did not, prints the traffic, and returns all requests to the remote cache.
    fn upload(&self, config: &Config) -> anyhow::Result<Vec<Asked>> {
        if !self.is_interrupted {
            upload_rest(config, &self.id)?;
        }
        let asked = read_asked(config, &self.id)?;
        if let Some(traffic) = Traffic::of(&asked) {
            output::sentence(traffic);
        }
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
