//! The keys that the smoke tests have now, told by the tests themselves: nobody else knows what they are made of.

use std::collections::HashSet;
use std::fmt::Write;

use cached_smoke::tooling::{Config, KeyFailure, KeyReport, read_key_failures, read_keys};

use crate::runner::Runner;

/// What a test of the attribute says, whichever way it failed: one that cannot read its settings has no run to record
/// its failure in.
const FAILED_FIXTURE: &str = "failed; the test itself did not run";

/// Returns one of each key, by repository and artifact.
///
/// The tests are compiled first. No body of a test of the attribute runs. That of another test runs until it asks a
/// session for an artifact; the test fails then, which is no error here, and neither is any other failure of it.
///
/// # Errors
/// Fails if the tests do not compile, the runner does not run them all, a key cannot be computed, or no test told any.
pub(crate) fn look(config: &Config, runner: &Runner) -> Result<Vec<KeyReport>, String> {
    runner.compile()?;
    // A run of its own: what an earlier look recorded does not count.
    let runner = runner.clone().in_another_run("k");
    let mut command = runner.stopping_after("key", "build");
    let output =
        command.output().map_err(|error| format!("failed to start {}: {error}", crate::runner::shown(&command)))?;
    let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let unreadable = |error| format!("failed to read the keys below {}: {error}", config.cache_dir().display());
    let (failures, others): (Vec<KeyFailure>, Vec<KeyFailure>) =
        read_key_failures(config.cache_dir(), runner.run()).map_err(unreadable)?.into_iter().partition(is_an_error);
    let mut keys = read_keys(config.cache_dir(), runner.run()).map_err(unreadable)?;

    if !failures.is_empty() {
        if failures.iter().any(|failure| failure.is_interrupted) {
            eprint!("{}", said());
        }
        return Err(describe(&failures));
    }
    if let Some(reason) = runner.unfinished(&output) {
        eprint!("{}", said());
        return Err(format!("{reason}, so keys may be missing\nhelp: fix what it says above"));
    }
    if said().contains(FAILED_FIXTURE) {
        eprint!("{}", said());
        return Err("not every test could tell its keys\nhelp: fix what they say above".to_owned());
    }
    if keys.is_empty() {
        if !others.is_empty() {
            eprintln!("{}", describe(&others));
        } else if !output.status.success() {
            eprint!("{}", said());
        }
        return Err("no test told a key: none ran over these repositories, or none asks for an artifact\n\
                    help: let `[test] args` in smoke.toml select the smoke tests"
            .to_owned());
    }
    let mut seen = HashSet::new();
    keys.retain(|key| seen.insert((key.repo.clone(), key.artifact.clone(), key.digest.clone())));
    keys.sort_by(|left, right| {
        (&left.repo, &left.artifact, &left.key).cmp(&(&right.repo, &right.artifact, &right.key))
    });
    Ok(keys)
}

/// Returns `true` for a failure that leaves a key out. A body may open sessions that are meant to fail.
fn is_an_error(failure: &KeyFailure) -> bool {
    failure.is_of_attribute || failure.artifact.is_some()
}

/// Lists the failures, each message once, with the first help that there is.
fn describe(failures: &[KeyFailure]) -> String {
    let several = if failures.len() == 1 { "1 test".to_owned() } else { format!("{} tests", failures.len()) };
    let mut text = format!("failed to compute the keys of {several}");
    let mut seen = HashSet::new();
    for failure in failures.iter().filter(|failure| seen.insert((&failure.repo, &failure.message))) {
        let _ = write!(text, "\n  {} over {}: {}", failure.test, failure.repo, failure.message.replace('\n', "\n  "));
    }
    if let Some(help) = failures.iter().find_map(|failure| failure.help.as_ref()) {
        let _ = write!(text, "\nhelp: {help}");
    }
    text
}
