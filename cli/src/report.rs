//! The command `report`: what the cache did, in one run or in many.

mod html;
mod markdown;

use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use cached_smoke::CacheReport;
use cached_smoke::tooling::remote::Asked;
use cached_smoke::tooling::{CacheSize, Config, PastRun, runs};
use comfy_table::Cell;
use serde::Serialize;

use crate::arguments::ReportArguments;
use crate::output;
use crate::remote::Traffic;
use crate::summary::{Summary, Sums};
use crate::table::{self, Row};

/// A run, for programs.
#[derive(Serialize)]
struct RunRecord<'a> {
    run: &'a str,
    /// Seconds since 1970.
    begun: u64,
    #[serde(flatten)]
    sums: Sums,
    cache: Option<CacheSize>,
    records: &'a [CacheReport],
    /// What was asked of the shared tier.
    remote: &'a [Asked],
}

impl<'a> From<&'a PastRun> for RunRecord<'a> {
    fn from(run: &'a PastRun) -> RunRecord<'a> {
        RunRecord {
            run: &run.id,
            begun: run.begun.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            sums: Summary::new(&run.reports).sums(),
            cache: run.size,
            records: &run.reports,
            remote: &run.asked,
        }
    }
}

impl Row for RunRecord<'_> {
    const HEADERS: &'static [&'static str] =
        &["run", "tests", "artifacts", "hit rate", "build_seconds", "saved_seconds", "cache size"];

    fn cells(&self) -> Vec<Cell> {
        let Sums { tests, artifacts, hits, rebuild_seconds, saved_seconds, .. } = &self.sums;
        vec![
            Cell::new(self.run),
            Cell::new(tests),
            Cell::new(artifacts),
            Cell::new(rate(*hits, *artifacts)),
            table::seconds(*rebuild_seconds),
            table::seconds(*saved_seconds),
            Cell::new(self.cache.map_or_else(|| "-".to_owned(), |cache| bytesize::ByteSize(cache.bytes).to_string())),
        ]
    }
}

/// In percent; a run that asked for nothing has none.
pub(crate) fn rate(hits: usize, artifacts: usize) -> String {
    (hits * 100).checked_div(artifacts).map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"))
}

pub(crate) fn run(config: &Config, arguments: &ReportArguments) -> Result<ExitCode, String> {
    let runs = chosen(config, arguments)?;
    if let Some(file) = &arguments.html {
        html::write(&runs, file)?;
        let place = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        output::line(format_args!("the page is {}", place.display()));
    } else if arguments.json {
        let records: Vec<RunRecord<'_>> = runs.iter().map(RunRecord::from).collect();
        output::json(&records);
    } else if arguments.markdown {
        output::line(markdown::of(&runs).trim_end());
    } else if let [run] = &runs[..] {
        output::line(format_args!("run {}\n{}", run.id, Summary::new(&run.reports)));
        if let Some(traffic) = Traffic::of(&run.asked) {
            output::line(traffic);
        }
    } else {
        table::print(&runs.iter().map(RunRecord::from).collect::<Vec<_>>(), false);
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen(config: &Config, arguments: &ReportArguments) -> Result<Vec<PastRun>, String> {
    let mut runs = runs(config).map_err(|error| error.report())?;
    if runs.is_empty() {
        return Err(format!("no run has left a report in {}; run some tests first", config.cache_dir().display()));
    }
    if let Some(last) = arguments.last {
        return Ok(runs.split_off(runs.len().saturating_sub(last.get())));
    }
    let id = match arguments.run.as_deref() {
        // Its charts are over runs.
        None if arguments.html.is_some() => return Ok(runs),
        None | Some("latest") => return Ok(runs.split_off(runs.len() - 1)),
        Some(id) => id,
    };
    let known: Vec<String> = runs.iter().rev().take(5).map(|run| run.id.clone()).collect();
    runs.retain(|run| run.id == id);
    if runs.is_empty() {
        return Err(format!("no run is called `{id}`; the latest are {}", known.join(", ")));
    }
    Ok(runs)
}
