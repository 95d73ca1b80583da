//! The command `verify`: compares the bytes in the cache, or builds artifacts again.

mod rebuild;

use std::process::ExitCode;

use cached_smoke::tooling::units::parse_duration;
use cached_smoke::tooling::{Config, Verdict, verify};
use clap::Args;
use serde::Serialize;

use crate::progress::Bar;
use crate::runner::RunnerArguments;
use crate::stored::{StoredRow, print_reasons, rows, select_stored, total};
use crate::{exit, json, output, table};

#[cfg(test)]
pub(super) use rebuild::Document as RebuildDocument;

#[derive(Args, Debug)]
pub(crate) struct VerifyArguments {
    /// Select repositories; all if none is named.
    repos: Vec<String>,

    /// Build each artifact again, and compare it with the stored one.
    #[arg(long)]
    rebuild: bool,

    /// Build a share of the artifacts again, such as `1/16`; another one in each run.
    #[arg(long, requires = "rebuild", value_name = "SHARE", default_value = "1", value_parser = share)]
    sample: String,

    /// Build artifacts again that were built this long ago, or longer.
    #[arg(long, requires = "rebuild", value_name = "AGE", value_parser = age)]
    older_than: Option<String>,

    /// Build in another environment, and find what the build depends on.
    ///
    /// Changes HOME, TZ, locale, umask, number of cores, working directory, directory for temporary files, hash seeds,
    /// and every variable that the key does not name.
    #[arg(long, requires = "rebuild")]
    vary: bool,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    runner: RunnerArguments,
}

impl VerifyArguments {
    /// Returns the value of `SMOKE_VERIFY`.
    fn setting(&self) -> String {
        let older_than = self.older_than.iter().map(|age| format!(",older-than={age}"));
        older_than.chain(self.vary.then(|| ",vary".to_owned())).fold(self.sample.clone(), |all, word| all + &word)
    }
}

/// Checks a share between 0 and 1.
fn share(text: &str) -> Result<String, &'static str> {
    let (part, whole) = text.split_once('/').unwrap_or((text, "1"));
    match (part.parse::<u64>(), whole.parse::<u64>()) {
        (Ok(part), Ok(whole)) if 0 < part && part <= whole => Ok(text.to_owned()),
        _ => Err("write `1` for all, or a share such as `1/16`"),
    }
}

/// Checks an age, as the tests will parse it.
fn age(text: &str) -> Result<String, &'static str> {
    parse_duration(text).map(|_| text.to_owned()).ok_or("write a number and a unit, such as `7d`")
}

/// The output of `verify --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    artifacts: &'a [StoredRow],
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "verify";
}

pub(super) fn run(config: &Config, arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    if arguments.rebuild { rebuild::run(config, arguments) } else { compare(config, arguments) }
}

/// Compares the bytes of each stored artifact with its checksums.
fn compare(config: &Config, arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    let stored = select_stored(config, &arguments.repos)?;
    let bar = Bar::new("verifying", stored.len());
    let mut rows = rows(&stored);
    for (artifact, row) in stored.iter().zip(&mut rows) {
        bar.set_step(&format!("{} of {}", artifact.artifact, artifact.repo));
        if let Verdict::Damaged { reason, is_set_aside } = verify(config, artifact)? {
            let result = if is_set_aside {
                "set aside; the next test that needs it rebuilds it"
            } else {
                "it is in use; run `verify` again when no test runs"
            };
            (row.state, row.reason) = ("damaged", format!("{reason}; {result}"));
        }
        bar.done();
    }
    bar.finish();
    let damaged: Vec<&StoredRow> = rows.iter().filter(|row| row.state == "damaged").collect();
    if arguments.json {
        json::print(&Document { artifacts: &rows });
    } else {
        table::print(&rows);
        print_reasons(&rows);
        output::line(format_args!("{}: {} damaged", total(&rows), damaged.len()));
    }
    Ok(exit::success_if(damaged.is_empty()))
}
