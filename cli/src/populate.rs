//! The command `populate`: what is missing is built, by the tests themselves, and no test is run.

use std::collections::{HashMap, HashSet};
use std::process::{ExitCode, Output};
use std::thread;
use std::time::{Duration, Instant};

use cached_smoke::tooling::remote::{Asked, read_asked};
use cached_smoke::tooling::{Config, KeyReport, builder, note_size, read_reports, stored};
use cached_smoke::{ArtifactReport, Outcome};

use crate::arguments::PopulateArguments;
use crate::fetch_missing::fetch_missing;
use crate::interrupt;
use crate::keys::look;
use crate::output;
use crate::progress::Bar;
use crate::push::rest_of;
use crate::remote::{self, Traffic};
use crate::runner::{Runner, shown};
use crate::selection::{is_left_out, left_out, names_of, print_errors, select, unavailable};

/// How often it looks what is being built. Only what is shown waits for it.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often it says what a build is at, where there is no line to say it on anew.
const SAY_EVERY: Duration = Duration::from_secs(5);

/// What is done about what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Built,
    /// It is fetched from the shared tier, or left out.
    Fetched,
}

pub(crate) fn run(config: &Config, arguments: &PopulateArguments) -> Result<ExitCode, String> {
    fill(config, arguments, Missing::Built)
}

/// The command `pull`.
pub(crate) fn pull(config: &Config, arguments: &PopulateArguments) -> Result<ExitCode, String> {
    remote::settings(config)?;
    fill(config, arguments, Missing::Fetched)
}

fn fill(config: &Config, arguments: &PopulateArguments, what: Missing) -> Result<ExitCode, String> {
    if !config.is_writable() {
        return Err(
            "nothing can be put into the cache: SMOKE_CACHE says so; set it to `read-write` for this".to_owned()
        );
    }
    let selected = select(config, &arguments.repos)?;
    let unfetched = fetch_missing(config, &selected);
    let unavailable = unavailable(config, &arguments.repos, &unfetched);
    let names = names_of(&unfetched, &unavailable);
    let runner = Runner::new(config, &arguments.runner, &left_out(config, &selected, &names))?;
    let is_any_left = selected.iter().any(|(name, _)| !names.contains(name));
    let keys = if is_any_left { look(config, &runner)? } else { Vec::new() };
    let missing: Vec<&KeyReport> = keys.iter().filter(|key| key.miss.is_some()).collect();
    let (runner, is_interrupted) = if missing.is_empty() {
        (None, false)
    } else {
        let runner = runner.in_another_run("b");
        let (is_interrupted, output) = build(config, &runner, &missing, what)?;
        (Some((runner, output)), is_interrupted)
    };

    let still_missing = still_missing(config, &missing)?;
    let has_failed_build = runner.as_ref().is_some_and(|(runner, _)| has_failed_build(config, runner));
    if let Some((runner, output)) = &runner {
        // What the shared tier does not have may be missing.
        let is_unexpected = what == Missing::Built || runner.unfinished(output).is_some();
        if !output.status.success() && (has_failed_build || is_unexpected && !still_missing.is_empty()) {
            eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        }
    }
    for key in &still_missing {
        output::line(format_args!("missing: {} of {}: {}", key.artifact, key.repo, key.key));
    }
    for (name, _) in selected.iter().filter(|(name, _)| is_left_out(config, name)) {
        output::line(format_args!("left out: {name}: SMOKE_LEAVE_OUT says so"));
    }
    for left_out in &unfetched {
        output::line(format_args!("left out: {}: failed to {}", left_out.repo, left_out.reason));
    }
    let (mut has_failed, mut fetched) = (false, 0);
    if let Some((runner, _)) = runner {
        if !is_interrupted {
            rest_of(config, runner.run())?;
        }
        let asked = read_asked(config, runner.run()).map_err(|error| error.report())?;
        has_failed = asked.iter().any(Asked::is_failure);
        fetched = number_fetched(config, &runner);
        if let Some(traffic) = Traffic::of(&asked) {
            output::line(traffic);
        }
        // For the report; a cache that cannot be written to has said so already.
        let _ = note_size(config, runner.run());
    }
    let built = (missing.len() - still_missing.len()).saturating_sub(fetched);
    let now = match what {
        Missing::Built if fetched > 0 => format!("{built} were built and {fetched} fetched"),
        Missing::Built => format!("{built} were built"),
        Missing::Fetched => format!("{fetched} were fetched"),
    };
    let there = keys.len() - still_missing.len();
    output::line(format_args!("{there} of {} artifacts are in the cache; {now} now", keys.len()));
    print_errors(&unavailable);
    if is_interrupted && !still_missing.is_empty() {
        return Err("it was interrupted".to_owned());
    }
    if what == Missing::Fetched {
        // The shared tier need not have all of it; but it has to answer.
        return Ok(if has_failed || !unavailable.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    let is_complete = still_missing.is_empty() && !has_failed_build && names.is_empty();
    Ok(if is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns `true` if a test could not have an artifact. Other failures are those of bodies, which tests without the
/// attribute run: what they check is not asked here.
fn has_failed_build(config: &Config, runner: &Runner) -> bool {
    let reports = read_reports(config.cache_dir(), runner.run()).unwrap_or_default();
    let mut artifacts = reports.iter().flat_map(|report| &report.artifacts);
    artifacts.any(|artifact| artifact.outcome == Outcome::Failed && !artifact.artifact.is_empty())
}

/// How many different artifacts came from the shared tier.
fn number_fetched(config: &Config, runner: &Runner) -> usize {
    let reports = read_reports(config.cache_dir(), runner.run()).unwrap_or_default();
    let artifacts = reports.iter().flat_map(|report| &report.artifacts);
    let fetched = artifacts.filter(|artifact| artifact.outcome == Outcome::Fetched);
    fetched.map(|artifact| (&artifact.key, &artifact.artifact)).collect::<HashSet<_>>().len()
}

/// Has the tests build what is missing, and says what they are at. Returns `true` if that was interrupted, and what the
/// runner printed.
fn build(config: &Config, runner: &Runner, missing: &[&KeyReport], what: Missing) -> Result<(bool, Output), String> {
    let (on_miss, doing) = match what {
        Missing::Built => ("build", "building"),
        Missing::Fetched => ("skip", "fetching"),
    };
    let mut command = runner.stopping_after("fixture", on_miss);
    let (child, patience) =
        interrupt::start(&mut command).map_err(|error| format!("failed to start {}: {error}", shown(&command)))?;
    let tests = thread::spawn(move || child.wait_with_output());
    let bar = Bar::new(&format!("{doing} artifacts"), missing.len());
    let (mut said, mut told) = (HashSet::new(), HashMap::new());
    loop {
        let is_over = tests.is_finished();
        let mut at = Vec::new();
        for key in missing {
            if let Some(builder) = builder(config, key) {
                let at_step = builder.step.map_or_else(String::new, |step| format!(": {step}"));
                let what = format!("{} of {}{at_step}", key.artifact, key.repo);
                let seconds = builder.elapsed.as_secs_f64();
                at.push(format!("{what} ({seconds:.0} s)"));
                let is_due = told.get(&key.digest).is_none_or(|last: &Instant| last.elapsed() >= SAY_EVERY);
                if is_due && !bar.is_terminal() {
                    told.insert(&key.digest, Instant::now());
                    bar.say(&format!("{doing} {what} ({seconds:.0} s)"));
                }
            }
        }
        bar.at(&at.join(", "));
        for report in read_reports(config.cache_dir(), runner.run()).unwrap_or_default() {
            for artifact in report.artifacts.iter().filter(|artifact| is_decisive(artifact)) {
                if said.insert((report.repo.clone(), artifact.artifact.clone(), artifact.key.clone())) {
                    bar.done();
                    let what = match artifact.outcome {
                        Outcome::Built | Outcome::Forced => format!("built in {:.1} s", artifact.rebuild_seconds),
                        Outcome::Fetched => format!("fetched in {:.1} s", artifact.remote_seconds),
                        outcome => format!("{outcome}: {}", output::plain(&artifact.reason)),
                    };
                    match artifact.artifact.as_str() {
                        "" => bar.say(&format!("{} over {}: {what}", report.test, report.repo)),
                        name => bar.say(&format!("{name} of {}: {what}", report.repo)),
                    }
                }
            }
        }
        if is_over {
            break;
        }
        thread::sleep(LOOK_EVERY);
    }
    bar.finish();
    let output = tests.join().map_err(|_| "the thread that waits for the tests panicked".to_owned())?;
    let is_interrupted = patience.end();
    let output = output.map_err(|error| format!("failed to wait for {}: {error}", shown(&command)))?;
    Ok((is_interrupted, output))
}

/// Whether it tells of a build, and not of a test that was given what another has built.
fn is_decisive(artifact: &ArtifactReport) -> bool {
    match artifact.outcome {
        Outcome::Hit | Outcome::Shared | Outcome::Skipped => false,
        // Only a body can fail to open a session here: the tests of the attribute have told their keys.
        Outcome::Failed => !artifact.artifact.is_empty(),
        _ => true,
    }
}

fn still_missing<'a>(config: &Config, missing: &[&'a KeyReport]) -> Result<Vec<&'a KeyReport>, String> {
    let stored = stored(config).map_err(|error| error.report())?;
    let is_there = |key: &KeyReport| {
        let made = stored
            .iter()
            .filter(|stored| stored.artifact == key.artifact)
            .filter_map(|stored| stored.manifest.as_ref().ok());
        { made }.any(|made| made.digest == key.digest)
    };
    Ok(missing.iter().copied().filter(|key| !is_there(key)).collect())
}
