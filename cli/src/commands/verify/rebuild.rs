//! `verify --rebuild`: the tests build their hits again, compare them, and do not run.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use cached_smoke::tooling::{Config, RepoSource, Verification, read_reports, read_verifications};
use cached_smoke::{ArtifactReport, Outcome, Rebuilt};
use serde::Serialize;

use super::VerifyArguments;
use crate::duration::duration;
use crate::report::counted;
use crate::runner::{Runner, failed_to_start, shown};
use crate::selection::{Selection, unavailable};
use crate::table::{self, Cell, Column, Row, Tone};
use crate::{exit, interrupt, json, output};

/// The interval between two looks at the results. It delays the display only.
const POLL_EVERY: Duration = Duration::from_millis(100);

/// The output of `verify --rebuild --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document<'a> {
    artifacts: &'a [RebuiltRow],
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "verify --rebuild";
}

/// One artifact that was built again.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "BuiltAgain"))]
struct RebuiltRow {
    repo: String,
    artifact: String,
    /// Repository, revision, and the first digits of the digest.
    key: String,
    /// `same`, `stale`, `varies`, `not-deterministic`, `fails`, or `unverified` if the build could not be repeated.
    #[cfg_attr(test, schemars(with = "crate::schema::library::Rebuilt"))]
    result: Rebuilt,
    /// The differences, and what happened to the stored artifact, a line each.
    report: Vec<String>,
    /// The action that resolves a finding.
    help: String,
    /// The parts of the environment that differ, or that change the build.
    causes: Vec<String>,
    /// The directory of the builds that differ.
    kept: Option<String>,
    /// The number of new builds.
    builds: u32,
    /// The duration of all of them, in seconds.
    seconds: f64,
}

impl From<Verification> for RebuiltRow {
    fn from(verified: Verification) -> RebuiltRow {
        RebuiltRow {
            repo: verified.repo,
            artifact: verified.artifact,
            key: verified.key,
            result: verified.result,
            report: verified.report,
            help: verified.help,
            causes: verified.causes,
            kept: verified.kept,
            builds: verified.builds,
            seconds: verified.seconds,
        }
    }
}

impl Row for RebuiltRow {
    const COLUMNS: &'static [Column] = &[
        Column::name("repo"),
        Column::name("artifact"),
        Column::text("result", 0),
        Column::number("builds", 2),
        Column::number("time", 1),
        Column::text("key", 3),
    ];

    fn cells(&self) -> Vec<Cell> {
        let tone = match self.result {
            Rebuilt::Same => Tone::Good,
            result if result.is_finding() => Tone::Bad,
            _ => Tone::Fair,
        };
        vec![
            Cell::new(&self.repo),
            Cell::new(&self.artifact),
            Cell::toned(self.result.to_string(), tone),
            Cell::new(self.builds.to_string()),
            Cell::new(duration(self.seconds)),
            Cell::new(&self.key),
        ]
    }
}

pub(super) fn run(config: &Config, arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    let selected = Selection::new(config, &arguments.repos)?;
    let missing = unavailable(config, &arguments.repos, &[]);
    if !missing.is_empty() {
        let messages: Vec<String> = missing.iter().map(ToString::to_string).collect();
        return Err(anyhow!(messages.join("\nerror: ")));
    }
    let is_absent = |(_, repo): &&(&str, &RepoSource)| !repo.path.is_dir();
    let absent: Vec<&str> = selected.repos.iter().filter(is_absent).map(|(name, _)| *name).collect();
    let runner = Runner::new(config, &arguments.runner, &selected.skipped(config, &absent))?.compile()?;
    let rows = rebuild(config, runner.in_another_run("v"), &arguments.setting())?;
    if arguments.json {
        json::print(&Document { artifacts: &rows });
    } else {
        print(&rows, arguments);
    }
    Ok(exit::success_if(rows.iter().all(|row| row.result == Rebuilt::Same)))
}

/// Runs the tests until their fixtures are verified, and returns the results.
fn rebuild(config: &Config, runner: Runner, setting: &str) -> anyhow::Result<Vec<RebuiltRow>> {
    // An artifact that is missing is no hit, and not built.
    let mut command = runner.stopping_after("fixture", "skip");
    command.env("SMOKE_VERIFY", setting).env_remove("SMOKE_FORCE_REBUILD");
    let unreadable = || format!("failed to read the results in {}", config.cache_dir().display());
    let results = || read_verifications(config.cache_dir(), runner.run()).with_context(unreadable);
    let (child, forwarding) = interrupt::start(&mut command).with_context(|| failed_to_start(&command))?;
    let tests = thread::spawn(move || child.wait_with_output());
    let mut printed = 0;
    loop {
        // Results that a test writes before it ends are shown in the last round.
        let is_over = tests.is_finished();
        let results = results().unwrap_or_default();
        for one in results.iter().skip(printed) {
            output::progress(format_args!(
                "{} of {}: {} ({})",
                one.artifact,
                one.repo,
                one.result,
                duration(one.seconds)
            ));
        }
        printed = results.len();
        if is_over {
            break;
        }
        thread::sleep(POLL_EVERY);
    }
    let tests = tests.join().map_err(|_| anyhow!("the thread that waits for the tests panicked"))?;
    if forwarding.end() {
        bail!("interrupted before all artifacts were verified");
    }
    let tests = tests.with_context(|| format!("failed to wait for {}", shown(&command)))?;
    let mut rows: Vec<RebuiltRow> = results()?.into_iter().map(RebuiltRow::from).collect();
    let reports = read_reports(config.cache_dir(), runner.run()).with_context(unreadable)?;
    let mut artifacts = reports.iter().flat_map(|report| &report.artifacts);
    let unfinished = runner
        .unfinished(&tests)
        .or_else(|| artifacts.find(|artifact| is_unexplained(artifact, &rows)).map(|one| one.reason.clone()));
    if let Some(reason) = unfinished {
        eprint!("{}{}", String::from_utf8_lossy(&tests.stdout), String::from_utf8_lossy(&tests.stderr));
        bail!("not every artifact was verified: {reason}\nhelp: fix the failure shown above");
    }
    rows.sort_by(|left, right| {
        (right.result, &left.repo, &left.artifact, &left.key).cmp(&(
            left.result,
            &right.repo,
            &right.artifact,
            &right.key,
        ))
    });
    Ok(rows)
}

/// Returns `true` if a test did not get its artifact, and no finding is the reason.
fn is_unexplained(artifact: &ArtifactReport, rows: &[RebuiltRow]) -> bool {
    let is_named = |row: &RebuiltRow| artifact.reason.contains(&format!("`{}`", row.artifact));
    match artifact.outcome {
        // A test that is killed for its time, perhaps while it builds.
        Outcome::Interrupted => true,
        // Without a name: the body of a test could not open a session.
        Outcome::Failed if artifact.artifact.is_empty() => false,
        Outcome::Failed => !rows.iter().filter(|row| row.result.is_finding()).any(is_named),
        _ => false,
    }
}

fn print(rows: &[RebuiltRow], arguments: &VerifyArguments) {
    table::print(rows);
    for row in rows.iter().filter(|row| row.result != Rebuilt::Same) {
        output::line(format_args!(
            "\n{} of {}: {}",
            output::plain(&row.artifact),
            output::plain(&row.repo),
            row.result
        ));
        for line in &row.report {
            output::line(format_args!("  {}", output::plain(line)));
        }
        if !row.help.is_empty() {
            output::sentence(format_args!("help: {}", output::plain(&row.help)));
        }
    }
    let of = |results: &[Rebuilt]| rows.iter().filter(|row| results.contains(&row.result)).count();
    let differing: Vec<String> =
        [Rebuilt::Stale, Rebuilt::Fails, Rebuilt::Varies, Rebuilt::NotDeterministic, Rebuilt::Unverified]
            .into_iter()
            .filter(|result| of(&[*result]) > 0)
            .map(|result| format!(", {} {result}", of(&[result])))
            .collect();
    if !differing.is_empty() {
        output::line("");
    }
    let count = counted(rows.len(), "artifact");
    output::line(format_args!("{count} built again: {} the same{}", of(&[Rebuilt::Same]), differing.concat()));
    if rows.is_empty() {
        let limits = [
            (arguments.sample != "1", "larger `--sample`"),
            (arguments.older_than.is_some(), "shorter `--older-than`"),
        ];
        let limits: Vec<&str> = limits.into_iter().filter(|(is_given, _)| *is_given).map(|(_, limit)| limit).collect();
        let or = if limits.is_empty() { String::new() } else { format!(", or choose a {}", limits.join(" or a ")) };
        output::sentence(format_args!("help: run `cargo smoke-cache populate` first{or}"));
    }
}
