//! The command `test`: one run of the smoke tests, and its summary.

use std::process::ExitCode;

use cached_smoke::tooling::remote::{Asked, read_asked};
use cached_smoke::tooling::{Config, note_size, read_reports, read_warnings};
use serde::Serialize;

use crate::TROUBLE;
use crate::arguments::TestArguments;
use crate::building::while_telling;
use crate::fetch_missing::fetch_missing;
use crate::interrupt;
use crate::output;
use crate::push::rest_of;
use crate::remote::Traffic;
use crate::runner::{Runner, shown};
use crate::selection::{left_out, names_of, print_errors, select, unavailable};
use crate::summary::{Row, Summary, Sums};

/// Exit status when the tests passed, but not all from the cache, and that was required.
const NOT_ALL_HITS: u8 = 3;

/// The summary, for programs.
#[derive(Serialize)]
struct Told<'a> {
    run: &'a str,
    #[serde(flatten)]
    sums: Sums,
    #[serde(rename = "rows")]
    artifacts: &'a [Row],
    left_out: &'a [&'a str],
    /// What was asked of the shared tier.
    remote: &'a [Asked],
    /// What the tests warned of.
    warnings: &'a [String],
}

pub(crate) fn run(config: &Config, arguments: &TestArguments) -> Result<ExitCode, String> {
    let selected = select(config, &arguments.repos)?;
    let unfetched = fetch_missing(config, &selected);
    let unavailable = unavailable(config, &arguments.repos, &unfetched);
    let names = names_of(&unfetched, &unavailable);
    if !selected.is_empty() && selected.iter().all(|(name, _)| unavailable.iter().any(|one| one.repo == *name)) {
        print_errors(&unavailable);
        return Ok(ExitCode::from(TROUBLE));
    }
    let runner = Runner::new(config, &arguments.runner, &left_out(config, &selected, &names))?;
    let mut command = runner.tests();
    if arguments.json {
        command.stdout(std::io::stderr());
    }
    eprintln!("running {}", shown(&command));
    let repos: Vec<&str> = selected.iter().map(|(name, _)| *name).collect();
    let run = || {
        interrupt::start(&mut command)
            .and_then(|(mut runner, patience)| Ok((runner.wait()?, patience.end())))
            .map_err(|error| format!("failed to start {}: {error}", shown(&command)))
    };
    let (status, is_interrupted) = while_telling(config, &repos, runner.clear(), run)?;

    let reports = read_reports(config.cache_dir(), runner.run()).map_err(|error| {
        format!("failed to read what the tests reported in {}: {error}", config.cache_dir().display())
    })?;
    let summary = Summary::new(&reports);
    if !is_interrupted {
        rest_of(config, runner.run())?;
    }
    let asked = read_asked(config, runner.run()).map_err(|error| error.report())?;
    let warnings = read_warnings(config.cache_dir(), runner.run()).map_err(|error| {
        format!("failed to read what the tests warned of in {}: {error}", config.cache_dir().display())
    })?;
    if arguments.json {
        output::json(&Told {
            run: runner.run(),
            sums: summary.sums(),
            artifacts: summary.rows(),
            left_out: &names,
            remote: &asked,
            warnings: &warnings,
        });
    } else {
        output::line(format_args!("\n{summary}"));
        if let Some(traffic) = Traffic::of(&asked) {
            output::line(traffic);
        }
        for left_out in &unfetched {
            output::line(format_args!("left out: {}: failed to {}", left_out.repo, left_out.reason));
        }
        // nextest keeps back what tests that pass have printed.
        for warning in &warnings {
            output::line(format_args!("warning: {}", output::plain(warning)));
        }
    }
    // For the report; a cache that cannot be written to has been warned of already.
    let _ = note_size(config, runner.run());

    print_errors(&unavailable);
    if !status.success() {
        // A runner that was killed has no code.
        let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        return Ok(ExitCode::from(code));
    }
    if !unavailable.is_empty() {
        return Ok(ExitCode::from(TROUBLE));
    }
    if arguments.require_hits && !summary.is_all_hits() {
        eprintln!("error: --require-hits: not every artifact was in the cache before the run");
        return Ok(ExitCode::from(NOT_ALL_HITS));
    }
    Ok(ExitCode::SUCCESS)
}
