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

use crate::{exit, json, output};

/// The width of the columns before the message.
const MARGIN: usize = 19;

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

    fn print(&self) {
        let state = match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Error => "error",
        };
        let lines = self.message.lines().map(str::to_owned);
        let help =
            self.help.iter().flat_map(|help| format!("help: {help}").lines().map(str::to_owned).collect::<Vec<_>>());
        for (number, line) in lines.chain(help).enumerate() {
            match number {
                0 => output::line(format_args!("{state:<8} {:<9} {}", self.check, output::plain(&line))),
                _ => output::line(format_args!("{:MARGIN$}{}", "", output::plain(&line))),
            }
        }
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
        findings.iter().for_each(Finding::print);
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
