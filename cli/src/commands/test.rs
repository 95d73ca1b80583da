//! The command `test`.

use std::process::ExitCode;

use anyhow::{Context, anyhow};
use cached_smoke::tooling::remote::{Asked, read_asked};
use cached_smoke::tooling::{Config, NO_REPO, nearest, note_size, read_reports, read_warnings, stored};
use clap::Args;
use serde::Serialize;

use crate::building::while_reporting;
use crate::exit::{NOT_ALL_HITS, TOOL_FAILED};
use crate::fetch::fetch_missing;
use crate::remote::upload_rest;
use crate::report::{Row, Summary, Sums, Traffic, text};
use crate::runner::{NotCompiled, Runner, RunnerArguments, failed_to_start, shown};
#[cfg(test)]
use crate::schema::library;
use crate::selection::{Selection, names_of, print_errors, unavailable};
use crate::{exit, interrupt, json, output, terminal};

#[derive(Args, Debug)]
pub(crate) struct TestArguments {
    /// Test over these repositories only, and fail if one is unavailable; `-` names the tests without one.
    #[arg(value_name = "REPO")]
    named: Vec<String>,

    /// Add a repository, as REPO does; may be repeated.
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

/// The output of `test --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    /// The id of the run.
    run: &'a str,
    #[serde(flatten)]
    sums: &'a Sums,
    /// The artifacts of the run.
    rows: &'a [Row],
    /// The repositories that were skipped.
    left_out: &'a [&'a str],
    /// The requests to the remote cache.
    #[cfg_attr(test, schemars(with = "Vec<library::Request>"))]
    remote: &'a [Asked],
    /// The warnings of the tests.
    warnings: &'a [String],
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "test";
}

pub(super) fn run(config: &Config, arguments: &TestArguments) -> anyhow::Result<ExitCode> {
    let repos = arguments.repos(config)?;
    let selected = Selection::new(config, &repos)?;
    let unfetched = fetch_missing(config, &selected.repos);
    let unavailable = unavailable(config, &repos, &unfetched);
    let names = names_of(&unfetched, &unavailable);
    if !unavailable.is_empty() && !selected.has_tests(config, &names) {
        print_errors(&unavailable);
        return Ok(ExitCode::from(TOOL_FAILED));
    }
    let runner = Runner::new(config, &arguments.runner, &selected.skipped(config, &names))?;
    let runner = match runner.compile() {
        Ok(runner) => runner,
        Err(error) => {
            let Some(failed) = error.downcast_ref::<NotCompiled>() else { return Err(error) };
            output::error(failed);
            return Ok(failed.code());
        }
    };
    let mut command = runner.tests();
    if arguments.json {
        command.stdout(std::io::stderr());
    }
    output::progress(format_args!("running {}", shown(&command)));
    let run_tests = || {
        interrupt::start(&mut command)
            .and_then(|(mut runner, forwarding)| Ok((runner.wait()?, forwarding.end())))
            .with_context(|| failed_to_start(&command))
    };
    let (status, is_interrupted) = while_reporting(config, &selected.names(), runner.clear(), run_tests)?;

    let unreadable = || format!("failed to read the records of the run in {}", config.cache_dir().display());
    let reports = read_reports(config.cache_dir(), runner.run()).with_context(unreadable)?;
    let summary = Summary::new(&reports).with_configurations(&stored(config).unwrap_or_default());
    if !is_interrupted {
        upload_rest(config, runner.run())?;
    }
    let asked = read_asked(config, runner.run())?;
    let warnings = read_warnings(config.cache_dir(), runner.run()).with_context(unreadable)?;
    if arguments.json {
        json::print(&Document {
            run: runner.run(),
            sums: summary.sums(),
            rows: summary.rows(),
            left_out: &names,
            remote: &asked,
            warnings: &warnings,
        });
    } else {
        output::line(format_args!("\n{}", text(&summary, terminal::width())));
        if let Some(traffic) = Traffic::of(&asked) {
            output::sentence(traffic);
        }
        for skipped in &unfetched {
            output::sentence(format_args!("skipped: {skipped}"));
        }
        // nextest hides the output of tests that pass.
        for warning in &warnings {
            output::sentence(format_args!("warning: {}", output::plain_lines(warning)));
        }
    }
    // For `report`. Tests have warned already of a cache that is not writable.
    let _ = note_size(config, runner.run());

    print_errors(&unavailable);
    let has_run = status.success() && !reports.is_empty();
    if !has_run && (status.success() || runner.found_no_test(status)) && !config.runs_ignored_tests() {
        eprintln!("help: ignored tests run with `ignored = true` under `[test]` of smoke.toml");
    }
    if !status.success() {
        return Ok(exit::of_child(status));
    }
    if !unavailable.is_empty() {
        return Ok(ExitCode::from(TOOL_FAILED));
    }
    if arguments.require_hits && !summary.is_all_hits() {
        output::error("--require-hits: not every artifact was in the cache before the run");
        return Ok(ExitCode::from(NOT_ALL_HITS));
    }
    Ok(ExitCode::SUCCESS)
}

impl TestArguments {
    /// Returns the names of the repositories.
    ///
    /// # Errors
    /// Fails for an unknown REPO, which may be the name of a test.
    fn repos(&self, config: &Config) -> anyhow::Result<Vec<String>> {
        if let Some(name) = self.named.iter().find(|name| *name != NO_REPO && !config.repos().contains_key(*name)) {
            let near = nearest(name, config.repos().keys().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
            return Err(anyhow!(
                "no repository is called `{name}`{near}\n\
                 help: to run the tests of this name, run `cargo smoke-cache test -- {name}`"
            ));
        }
        Ok(self.named.iter().chain(&self.repos).cloned().collect())
    }
}
