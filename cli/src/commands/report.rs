//! The command `report`.

use cached_smoke::tooling::units::Size;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use anyhow::bail;
use cached_smoke::CacheReport;
use cached_smoke::tooling::remote::Asked;
use cached_smoke::tooling::{CacheSize, Config, PastRun, StoredArtifact, runs, stored};
use clap::{Args, ValueEnum};
use fs_err as fs;
use serde::Serialize;

use crate::duration::nonzero;
use crate::report::{Summary, Sums, Traffic, annotations, junit, markdown, page, text, trace};
#[cfg(test)]
use crate::schema::library;
use crate::table::{self, Cell, Column, Row};
use crate::{json, output, terminal};

#[derive(Args, Debug)]
pub(crate) struct ReportArguments {
    /// Select one run by its id, or `latest`. The default is `latest`, and all runs for html.
    #[arg(long, value_name = "ID", conflicts_with = "last")]
    run: Option<String>,

    /// Select the last runs.
    #[arg(long, value_name = "NUMBER")]
    last: Option<NonZeroUsize>,

    /// Select the format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Write the report to a file.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print Markdown, as `--format markdown`.
    #[arg(long, conflicts_with = "format")]
    markdown: bool,

    /// Print JSON, as `--format json`.
    #[arg(long, conflicts_with_all = ["format", "markdown"])]
    json: bool,

    /// Write a page for a browser, as `--format html --output FILE`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "output", "json", "markdown"])]
    html: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables for the terminal.
    Text,
    /// JSON with every record.
    Json,
    /// Markdown, for the job summary of a CI system.
    Markdown,
    /// A page with charts, for a browser.
    Html,
    /// Annotations for GitHub Actions, and its job summary in the file of `GITHUB_STEP_SUMMARY`.
    Github,
    /// JUnit XML with a suite `fixtures`, and the time of each artifact.
    Junit,
    /// A trace of builds, waits and restores over all processes, for ui.perfetto.dev.
    Trace,
}

impl ReportArguments {
    fn format(&self) -> Format {
        match (&self.html, self.markdown, self.json) {
            (Some(_), _, _) => Format::Html,
            (None, true, _) => Format::Markdown,
            (None, false, true) => Format::Json,
            (None, false, false) => self.format,
        }
    }
}

/// The output of `report --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    /// The runs, the latest last.
    runs: Vec<RunRow<'a>>,
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "report";
}

/// One run.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Run"))]
struct RunRow<'a> {
    /// The id of the run.
    run: &'a str,
    /// In seconds since 1970.
    begun: u64,
    #[serde(flatten)]
    sums: Sums,
    /// The time that the artifacts saved that were in the cache before the run, for the table.
    #[serde(skip)]
    saved: f64,
    /// The size of the cache after the run, if it was recorded.
    #[cfg_attr(test, schemars(with = "Option<library::CacheSize>"))]
    cache: Option<CacheSize>,
    /// The tests that used the cache.
    #[cfg_attr(test, schemars(with = "Vec<library::Record>"))]
    records: &'a [CacheReport],
    /// The requests to the remote cache.
    #[cfg_attr(test, schemars(with = "Vec<library::Request>"))]
    remote: &'a [Asked],
}

impl<'a> From<&'a PastRun> for RunRow<'a> {
    fn from(run: &'a PastRun) -> RunRow<'a> {
        let summary = Summary::new(&run.reports);
        RunRow {
            run: &run.id,
            begun: run.begun.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            sums: summary.sums().clone(),
            saved: summary.restored().saved_seconds,
            cache: run.size,
            records: &run.reports,
            remote: &run.asked,
        }
    }
}

impl Row for RunRow<'_> {
    const COLUMNS: &'static [Column] = &[
        Column::name("run"),
        Column::number("tests", 2),
        Column::number("artifacts", 1),
        Column::number("hit rate", 0),
        Column::number("build", 0),
        Column::number("saved", 0),
        Column::number("cache size", 1),
    ];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::new(self.run),
            Cell::new(self.sums.tests.to_string()),
            Cell::new(self.sums.artifacts.to_string()),
            Cell::new(self.sums.hit_percent().map_or_else(String::new, |_| self.sums.hit_rate())),
            Cell::new(nonzero(self.sums.rebuild_seconds)),
            Cell::new(nonzero(self.saved)),
            Cell::new(self.cache.map_or_else(String::new, |cache| Size(cache.bytes).to_string())),
        ]
    }
}

pub(super) fn run(config: &Config, arguments: &ReportArguments) -> anyhow::Result<ExitCode> {
    let runs = select(config, arguments)?;
    let stored = stored(config)?;
    let report = match arguments.format() {
        Format::Text => for_terminal(&runs, &stored),
        Format::Json => json::text(&Document { runs: runs.iter().map(RunRow::from).collect() }),
        Format::Markdown => markdown(&runs, &stored).trim_end().to_owned(),
        Format::Html => page(&runs, &stored),
        Format::Github => for_github(&runs, &stored)?,
        Format::Junit => junit(&runs, &stored),
        Format::Trace => serde_json::to_string(&trace(&runs))?,
    };
    match arguments.html.as_ref().or(arguments.output.as_ref()) {
        Some(file) => {
            fs::write(file, report + "\n")?;
            let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            output::line(format_args!("wrote {}", file.display()));
        }
        None => output::line(report),
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the summary of one run, or a table of several.
fn for_terminal(runs: &[PastRun], stored: &[StoredArtifact]) -> String {
    let width = terminal::width();
    let [run] = runs else {
        return table::render(&runs.iter().map(RunRow::from).collect::<Vec<_>>(), width);
    };
    let summary = Summary::new(&run.reports).with_configurations(stored);
    let traffic = Traffic::of(&run.asked).map(|traffic| output::hanging(&traffic.to_string(), width));
    [Some(format!("run {}", run.id)), Some(text(&summary, width)), traffic]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n")
}

/// Returns the annotations, and appends the job summary to its file.
fn for_github(runs: &[PastRun], stored: &[StoredArtifact]) -> anyhow::Result<String> {
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(PathBuf::from(path))?;
        file.write_all(markdown(runs, stored).as_bytes())?;
    }
    let summaries = runs.iter().map(|run| Summary::new(&run.reports).with_configurations(stored));
    Ok(summaries.map(|summary| annotations(&summary)).collect::<Vec<_>>().join("\n"))
}

fn select(config: &Config, arguments: &ReportArguments) -> anyhow::Result<Vec<PastRun>> {
    let mut runs = runs(config)?;
    if runs.is_empty() {
        bail!("{} has no record of a run\nhelp: run `cargo smoke-cache test`", config.cache_dir().display());
    }
    if let Some(last) = arguments.last {
        return Ok(runs.split_off(runs.len().saturating_sub(last.get())));
    }
    let id = match arguments.run.as_deref() {
        None if arguments.format() == Format::Html => return Ok(runs),
        None | Some("latest") => return Ok(runs.split_off(runs.len() - 1)),
        Some(id) => id,
    };
    let latest: Vec<String> = runs.iter().rev().take(5).map(|run| run.id.clone()).collect();
    runs.retain(|run| run.id == id);
    if runs.is_empty() {
        bail!("no run has the id `{id}`\nhelp: name one of the latest runs: {}", latest.join(", "));
    }
    Ok(runs)
}
