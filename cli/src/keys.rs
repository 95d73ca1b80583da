//! Computes the current cache keys: runs the smoke tests until they have recorded their keys.

use std::collections::HashSet;
use std::fmt::Write;

use anyhow::{Context, anyhow, bail};
use cached_smoke::tooling::{Config, KeyFailure, KeyReport, RepoSource, read_key_failures, read_keys};

use crate::runner::{Runner, RunnerArguments, failed_to_start};
use crate::selection::{Selection, unavailable};

/// Printed by every test of the attribute whose fixture fails, also by one that cannot read its settings: such a test
/// has no run in which it could record the failure.
const FAILED_FIXTURE: &str = "failed; the test itself did not run";

/// Returns the keys over the named repositories; over all that are fetched if no name is given.
///
/// # Errors
/// Fails if a named repository is unavailable; else as [`compute`].
pub(crate) fn of(config: &Config, repos: &[String], runner: &RunnerArguments) -> anyhow::Result<Vec<KeyReport>> {
    let selected = Selection::new(config, repos)?;
    let unavailable = unavailable(config, repos, &[]);
    if !unavailable.is_empty() {
        let messages: Vec<String> = unavailable.iter().map(ToString::to_string).collect();
        return Err(anyhow!(messages.join("\nerror: ")));
    }
    let is_absent = |(_, repo): &&(&str, &RepoSource)| !repo.path.is_dir();
    let absent: Vec<&str> = selected.repos.iter().filter(is_absent).map(|(name, _)| *name).collect();
    let runner = Runner::new(config, runner, &selected.skipped(config, &absent))?.compile()?;
    let keys = compute(config, &runner)?;
    if keys.is_empty() {
        bail!(
            "no test recorded a key: no test ran over these repositories, or none needs an artifact\n\
             help: select the smoke tests with `args` and `ignored` under `[test]` of smoke.toml"
        );
    }
    Ok(keys)
}

/// Returns each key once, by repository and artifact. Without any, prints why.
///
/// The runner must have compiled the tests. The body of a test with the attribute does not run. Any other test runs
/// until it asks a session for an artifact, and then fails. Neither that nor another failure of such a test is an
/// error.
///
/// # Errors
/// Fails if the runner does not run all of the tests, or a key cannot be computed.
pub(crate) fn compute(config: &Config, runner: &Runner) -> anyhow::Result<Vec<KeyReport>> {
    // In a new run: records of an earlier one must not count.
    let runner = runner.clone().in_another_run("k");
    let mut command = runner.stopping_after("key", "build");
    let output = command.output().with_context(|| failed_to_start(&command))?;
    let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let unreadable = || format!("failed to read the keys in {}", config.cache_dir().display());
    let failures = read_key_failures(config.cache_dir(), runner.run()).with_context(unreadable)?;
    let (failures, ignored): (Vec<_>, Vec<_>) = failures.into_iter().partition(is_an_error);
    let mut keys = read_keys(config.cache_dir(), runner.run()).with_context(unreadable)?;

    if !failures.is_empty() {
        if failures.iter().any(|failure| failure.is_interrupted) {
            eprint!("{printed}");
        }
        return Err(anyhow!(describe(&failures)));
    }
    if let Some(reason) = runner.unfinished(&output) {
        eprint!("{printed}");
        bail!("{reason}, so keys may be missing\nhelp: fix the failure shown above");
    }
    if printed.contains(FAILED_FIXTURE) {
        eprint!("{printed}");
        bail!("a test failed before it recorded its keys\nhelp: fix the failure shown above");
    }
    if keys.is_empty() {
        if !ignored.is_empty() {
            eprintln!("{}", describe(&ignored));
        } else if !output.status.success() {
            eprint!("{printed}");
        }
    }
    let mut seen = HashSet::new();
    keys.retain(|key| seen.insert((key.repo.clone(), key.artifact.clone(), key.digest.clone())));
    keys.sort_by(|left, right| {
        (&left.repo, &left.artifact, &left.key).cmp(&(&right.repo, &right.artifact, &right.key))
    });
    Ok(keys)
}

/// Returns `true` if a key is missing because of the failure. The body of a test may open sessions that are meant to
/// fail.
fn is_an_error(failure: &KeyFailure) -> bool {
    failure.is_of_attribute || failure.artifact.is_some()
}

/// Lists each message once, followed by the first help.
fn describe(failures: &[KeyFailure]) -> String {
    let tests = if failures.len() == 1 { "1 test".to_owned() } else { format!("{} tests", failures.len()) };
    let mut text = format!("failed to compute the keys of {tests}");
    let mut seen = HashSet::new();
    for failure in failures.iter().filter(|failure| seen.insert((&failure.repo, &failure.message))) {
        let _ = write!(text, "\n  {} over {}: {}", failure.test, failure.repo, failure.message.replace('\n', "\n  "));
    }
    if let Some(help) = failures.iter().find_map(|failure| failure.help.as_ref()) {
        let _ = write!(text, "\nhelp: {help}");
    }
    text
}
