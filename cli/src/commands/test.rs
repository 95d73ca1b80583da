//! The command `test`.

use std::process::ExitCode;

use anyhow::Context;
use cached_smoke::tooling::remote::{Asked, read_asked};
use cached_smoke::tooling::{Config, note_size, read_reports, read_warnings};
use clap::Args;
use serde::Serialize;

use crate::building::while_reporting;
use crate::exit::{NOT_ALL_HITS, TOOL_FAILED};
use crate::fetch::fetch_missing;
use crate::remote::upload_rest;
use crate::report::{Row, Summary, Sums, Traffic};
use crate::runner::{Runner, RunnerArguments, failed_to_start, shown};
use crate::selection::{names_of, print_errors, select, skipped, unavailable};
use crate::{interrupt, output};

#[derive(Args, Debug)]
pub(crate) struct TestArguments {
    /// Test over this repository only, and fail if it is unavailable; may be repeated.
    #[arg(long = "repo", value_name = "NAME")]
    pub(super) repos: Vec<String>,

    /// Fail unless every artifact was in the cache before the run.
    #[arg(long)]
    require_hits: bool,

    /// Print the summary as JSON, and the output of the runner on standard error.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    pub(super) runner: RunnerArguments,
}

#[derive(Serialize)]
struct JsonSummary<'a> {
    run: &'a str,
    #[serde(flatten)]
    sums: &'a Sums,
    rows: &'a [Row],
    /// The repositories that were skipped.
    left_out: &'a [&'a str],
    /// The requests to the remote cache.
    remote: &'a [Asked],
    /// The warnings of the tests.
    warnings: &'a [String],
}

pub(super) fn run(config: &Config, arguments: &TestArguments) -> anyhow::Result<ExitCode> {
    let selected = select(config, &arguments.repos)?;
    let unfetched = fetch_missing(config, &selected);
    let unavailable = unavailable(config, &arguments.repos, &unfetched);
    let names = names_of(&unfetched, &unavailable);
    if !selected.is_empty() && selected.iter().all(|(name, _)| unavailable.iter().any(|one| one.repo == *name)) {
        print_errors(&unavailable);
        return Ok(ExitCode::from(TOOL_FAILED));
    }
    let runner = Runner::new(config, &arguments.runner, &skipped(config, &selected, &names))?;
    let mut command = runner.tests();
    if arguments.json {
        command.stdout(std::io::stderr());
    }
    eprintln!("running {}", shown(&command));
    let repos: Vec<&str> = selected.iter().map(|(name, _)| *name).collect();
    let run_tests = || {
        interrupt::start(&mut command)
            .and_then(|(mut runner, forwarding)| Ok((runner.wait()?, forwarding.end())))
            .with_context(|| failed_to_start(&command))
    };
    let (status, is_interrupted) = while_reporting(config, &repos, runner.clear(), run_tests)?;

    let unreadable = || format!("failed to read the records of the run in {}", config.cache_dir().display());
    let reports = read_reports(config.cache_dir(), runner.run()).with_context(unreadable)?;
    let summary = Summary::new(&reports);
    if !is_interrupted {
        upload_rest(config, runner.run())?;
    }
    let asked = read_asked(config, runner.run())?;
    let warnings = read_warnings(config.cache_dir(), runner.run()).with_context(unreadable)?;
    if arguments.json {
        output::json(&JsonSummary {
            run: runner.run(),
            sums: summary.sums(),
            rows: summary.rows(),
            left_out: &names,
            remote: &asked,
            warnings: &warnings,
        });
    } else {
        output::line(format_args!("\n{summary}"));
        if let Some(traffic) = Traffic::of(&asked) {
            output::line(traffic);
        }
        for skipped in &unfetched {
            output::line(format_args!("skipped: {skipped}"));
        }
        // nextest hides the output of tests that pass.
        for warning in &warnings {
            output::line(format_args!("warning: {}", output::plain_lines(warning)));
        }
    }
    // For `report`. Tests have warned already of a cache that is not writable.
    let _ = note_size(config, runner.run());

    print_errors(&unavailable);
    if !status.success() {
        // A runner that a signal killed has no exit code.
        let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        return Ok(ExitCode::from(code));
    }
    if !unavailable.is_empty() {
        return Ok(ExitCode::from(TOOL_FAILED));
    }
    if arguments.require_hits && !summary.is_all_hits() {
        eprintln!("error: --require-hits: not every artifact was in the cache before the run");
        return Ok(ExitCode::from(NOT_ALL_HITS));
    }
    Ok(ExitCode::SUCCESS)
}
