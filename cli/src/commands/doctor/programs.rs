//! The programs that the commands and the tests start: the test runner and git.

use std::path::Path;
use std::process::{Command, Stdio};

use cached_smoke::tooling::Config;

use super::Finding;
use crate::workspace::cargo;

const RUNNER: &str = "runner";
const GIT: &str = "git";

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let mut findings = vec![runner(), git()];
    findings.extend(config.repos().iter().filter_map(|(name, repo)| unsafe_repo(name, &repo.path)));
    findings
}

fn runner() -> Finding {
    let mut nextest = Command::new(cargo());
    nextest.args(["nextest", "--version"]);
    if let Ok(version) = output_of(&mut nextest) {
        return Finding::ok(RUNNER, first_line(&version));
    }
    match output_of(Command::new(cargo()).arg("--version")) {
        Ok(version) => Finding::ok(RUNNER, format!("{}; cargo nextest is not installed", first_line(&version))),
        Err(error) => Finding::error(RUNNER, format!("cargo does not run: {error}"), "install Rust: https://rustup.rs"),
    }
}

fn git() -> Finding {
    match output_of(Command::new("git").arg("--version")) {
        Ok(version) => Finding::ok(GIT, first_line(&version)),
        Err(error) => Finding::warning(
            GIT,
            format!("git does not run, so repositories under git cannot be used: {error}"),
            "install git, and add it to the PATH",
        ),
    }
}

/// Reports a work tree that git refuses to read, for example because another user owns it.
fn unsafe_repo(name: &str, path: &Path) -> Option<Finding> {
    if !path.join(".git").exists() {
        return None;
    }
    let mut status = Command::new("git");
    status.arg("-C").arg(path).args(["rev-parse", "HEAD"]);
    let error = output_of(&mut status).err()?;
    let help = format!("run `git -C {} status`, and do what it suggests", path.display());
    Some(Finding::error(GIT, format!("{name}: git cannot read {}: {error}", path.display()), help))
}

/// Returns the standard output of a program, or the reason why it failed.
fn output_of(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(first_line(&text(&output.stderr)).to_owned()) }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
