//! The command `doctor`: checks the machine and the settings, and suggests what to do.
//!
//! - `settings`: variables, `smoke.toml`, repositories
//! - `directory`: the cache directory and its file system
//! - `programs`: cargo, nextest, git
//! - `remote`: the remote cache

mod directory;
mod programs;
mod remote;
mod settings;

use std::process::ExitCode;

use cached_smoke::tooling::Config;
use clap::Args;
use serde::Serialize;

use crate::{exit, json, output, terminal};

#[derive(Args, Debug)]
pub(crate) struct DoctorArguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    /// The cache works, and something is slower or less safe than it could be.
    Warning,
    /// The cache does not work.
    Error,
}

/// One finding of a check.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Finding {
    check: &'static str,
    state: State,
    message: String,
    help: Option<String>,
}

/// The output of `doctor --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    findings: &'a [Finding],
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "doctor";
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Finding {
        Finding { check, state: State::Ok, message: message.into(), help: None }
    }

    fn warning(check: &'static str, message: impl Into<String>, help: impl Into<String>) -> Finding {
        Finding { check, state: State::Warning, message: message.into(), help: Some(help.into()) }
    }

    fn error(check: &'static str, message: impl Into<String>, help: impl Into<String>) -> Finding {
        Finding { check, state: State::Error, message: message.into(), help: Some(help.into()) }
    }

    /// Returns the finding on lines of at most `width` columns.
    fn text(&self, width: usize) -> String {
        let state = match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Error => "error",
        };
        let mut start = format!("{state:<8} {:<9} ", self.check);
        let help = self.help.as_ref().map(|help| format!("help: {help}"));
        let mut lines = Vec::new();
        for line in self.message.lines().chain(help.iter().flat_map(|help| help.lines())) {
            lines.push(output::aligned(&start, &output::plain(line), width));
            start = " ".repeat(start.len());
        }
        lines.join("\n")
    }
}

/// Runs all checks. `config` is the result of reading the settings.
pub(super) fn run(config: &anyhow::Result<Config>, arguments: &DoctorArguments) -> ExitCode {
    let mut findings = settings::check(config);
    if let Ok(config) = config {
        findings.extend(directory::check(config));
        findings.extend(programs::check(config));
        findings.extend(remote::check(config));
    }
    if arguments.json {
        json::print(&Document { findings: &findings });
    } else {
        for finding in &findings {
            output::line(finding.text(terminal::width()));
        }
        let number = |state: State| findings.iter().filter(|finding| finding.state == state).count();
        let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
        output::line(format_args!(
            "{}, {}",
            count(number(State::Error), "error"),
            count(number(State::Warning), "warning")
        ));
    }
    exit::success_if(findings.iter().all(|finding| finding.state != State::Error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_fit_the_width_of_the_terminal() {
        let help = "run `chmod go-w /home/builder/.cache`, or set SMOKE_CACHE_DIR to another directory";
        let finding = Finding::warning("cache", "other users can write to /home/builder/.cache", help);
        assert_eq!(
            finding.text(60),
            "\
warning  cache     other users can write to
                   /home/builder/.cache
                   help: run
                   `chmod go-w /home/builder/.cache`, or set
                   SMOKE_CACHE_DIR to another directory"
        );
        assert_eq!(Finding::ok("git", "git version 2").text(80), "ok       git       git version 2");
    }
}
