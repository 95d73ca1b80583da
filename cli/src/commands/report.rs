//! The command `report`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use anyhow::bail;
use bytesize::ByteSize;
use cached_smoke::CacheReport;
use cached_smoke::tooling::remote::Asked;
use cached_smoke::tooling::{CacheSize, Config, PastRun, runs};
use clap::Args;
use comfy_table::Cell;
use serde::Serialize;

use crate::output;
use crate::report::{Summary, Sums, Traffic, markdown, write_html};
use crate::table::{self, Row};

#[derive(Args, Debug)]
pub(crate) struct ReportArguments {
    /// Select one run by its id, or `latest`. The default is `latest`, and all runs with --html.
    #[arg(long, value_name = "ID", conflicts_with = "last")]
    run: Option<String>,

    /// Select the last runs.
    #[arg(long, value_name = "NUMBER")]
    last: Option<NonZeroUsize>,

    /// Print Markdown, for example for a CI system's job summary.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,

    /// Print JSON: the runs, with every record.
    #[arg(long)]
    json: bool,

    /// Write a page with charts, for a browser.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "markdown"])]
    html: Option<PathBuf>,
}

/// One run.
#[derive(Serialize)]
struct RunRow<'a> {
    run: &'a str,
    /// In seconds since 1970.
    begun: u64,
    #[serde(flatten)]
    sums: Sums,
    cache: Option<CacheSize>,
    records: &'a [CacheReport],
    /// The requests to the remote cache.
    remote: &'a [Asked],
}

impl<'a> From<&'a PastRun> for RunRow<'a> {
    fn from(run: &'a PastRun) -> RunRow<'a> {
        RunRow {
            run: &run.id,
            begun: run.begun.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            sums: Summary::new(&run.reports).sums().clone(),
            cache: run.size,
            records: &run.reports,
            remote: &run.asked,
        }
    }
}

impl Row for RunRow<'_> {
    const HEADERS: &'static [&'static str] =
        &["run", "tests", "artifacts", "hit rate", "build_seconds", "saved_seconds", "cache size"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::new(self.run),
            Cell::new(self.sums.tests),
            Cell::new(self.sums.artifacts),
            Cell::new(self.sums.hit_rate()),
            table::seconds(self.sums.rebuild_seconds),
            table::seconds(self.sums.saved_seconds),
            self.cache.map_or_else(|| Cell::new("-"), |cache| Cell::new(ByteSize(cache.bytes))),
        ]
    }
}

pub(super) fn run(config: &Config, arguments: &ReportArguments) -> anyhow::Result<ExitCode> {
    let runs = select(config, arguments)?;
    let rows = || runs.iter().map(RunRow::from).collect::<Vec<_>>();
    if let Some(file) = &arguments.html {
        write_html(&runs, file)?;
        let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        output::line(format_args!("wrote {}", file.display()));
    } else if arguments.json {
        output::json(&rows());
    } else if arguments.markdown {
        output::line(markdown(&runs).trim_end());
    } else if let [run] = &runs[..] {
        output::line(format_args!("run {}\n{}", run.id, Summary::new(&run.reports)));
        if let Some(traffic) = Traffic::of(&run.asked) {
            output::line(traffic);
        }
    } else {
        table::print(&rows(), false);
    }
    Ok(ExitCode::SUCCESS)
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
        None if arguments.html.is_some() => return Ok(runs),
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
