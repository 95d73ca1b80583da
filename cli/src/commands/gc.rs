//! The command `gc`.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use cached_smoke::tooling::units::{Size, parse_duration, parse_size};
use cached_smoke::tooling::{Collected, Config, Policy, collect, collect_dry, stored};
use clap::Args;
use serde::Serialize;

use crate::scope::{ScopeArguments, others};
use crate::{exit, json, output};

#[derive(Args, Debug)]
pub(crate) struct GcArguments {
    /// Remove the least recently used artifacts until the rest fits: 500MB, 5GB, 5GiB.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_size: Option<u64>,

    /// Remove artifacts that were not used for this long: 30d, 12h.
    #[arg(long, value_name = "AGE", value_parser = age)]
    max_age: Option<Duration>,

    /// Keep this many of the latest used versions of each artifact.
    ///
    /// Each configuration of each suite has its own versions, because tests use configurations side by side. A
    /// configuration that no test uses any more therefore stays until --max-age removes it. Values of declared inputs
    /// are no configuration: each value is another version.
    #[arg(long, value_name = "NUMBER")]
    max_versions: Option<usize>,

    /// Print what would be removed, and remove nothing.
    #[arg(long)]
    dry_run: bool,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    scope: ScopeArguments,
}

/// The output of `gc --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    /// `true` if `--dry-run` was given, and all artifacts stay.
    dry_run: bool,
    /// The removed artifacts: repository, entry and name.
    removed: &'a [String],
    freed_bytes: u64,
    kept_bytes: u64,
    /// The number of artifacts that stay because they are in use.
    in_use: usize,
    /// The reasons why artifacts could not be removed.
    failures: &'a [String],
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "gc";
}

fn age(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text).ok_or("write a number and a unit, such as `30d`")
}

fn size(text: &str) -> Result<u64, &'static str> {
    parse_size(text).ok_or("write a number and a unit, such as `5GB`")
}

pub(super) fn run(config: &Config, arguments: &GcArguments) -> anyhow::Result<ExitCode> {
    let GcArguments { max_size, max_age, max_versions, dry_run, json, .. } = *arguments;
    let scope = arguments.scope.scope(config);
    let policy = Policy { max_bytes: max_size.or(config.max_bytes()), max_age, max_versions };
    let collected = if dry_run {
        collect_dry(config, &policy, &scope)?
    } else {
        collect(config, &policy, &scope)?
            .context("another process is removing artifacts already\nhelp: try again when it has finished")?
    };
    let Collected { removed, failures, .. } = &collected;
    let (freed_bytes, kept_bytes, in_use) = (collected.freed_bytes, collected.kept_bytes, collected.in_use);
    if json {
        json::print(&Document { dry_run, removed, freed_bytes, kept_bytes, in_use, failures });
        return Ok(exit::success_if(failures.is_empty()));
    }
    let verb = if dry_run { "would remove" } else { "removed" };
    for artifact in removed {
        output::line(format_args!("{verb} {artifact}"));
    }
    let rest = if in_use > 0 { format!("; {in_use} more are in use") } else { String::new() };
    let (count, freed, kept) = (removed.len(), Size(freed_bytes), Size(kept_bytes));
    let others = others(&scope, &stored(config)?);
    output::line(format_args!("{verb} {count} artifacts ({freed}); kept {kept}{rest}{others}"));
    for reason in failures.iter().collect::<BTreeSet<_>>() {
        output::error(format_args!("failed to remove an artifact: {reason}"));
    }
    Ok(exit::success_if(failures.is_empty()))
}
