//! The command `test`: one run of the smoke tests, and its summary.

use std::env;
use std::process::{Command, ExitCode, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use cached_smoke::tooling::{Config, read_reports};

use crate::arguments::{Runner, TestArguments};
use crate::fetch_missing::{fetch_missing, select};
use crate::summary::Summary;

/// Exit status when the tests passed, but not all from the cache, and that was required.
const NOT_ALL_HITS: u8 = 3;

pub(crate) fn run(config: &Config, arguments: &TestArguments) -> Result<ExitCode, String> {
    let selected = select(config, &arguments.repos)?;
    let left_out = fetch_missing(config, &selected);
    let is_run = |name: &str| {
        selected.iter().any(|(selected, _)| *selected == name) && left_out.iter().all(|left_out| left_out.repo != name)
    };
    let is_left_out = |name: &str| config.left_out().iter().any(|left_out| left_out == name);
    let not_run: Vec<&str> =
        config.repos().keys().map(String::as_str).filter(|name| !is_run(name) || is_left_out(name)).collect();

    let run_id = env::var("SMOKE_RUN_ID").ok().filter(|id| !id.is_empty()).unwrap_or_else(new_run_id);
    let mut command = runner(config, arguments)?;
    command.env("SMOKE_RUN_ID", &run_id).env("SMOKE_LEAVE_OUT", not_run.join(","));
    // The tests are the runner's package, not the one that this command was perhaps run from.
    for name in ["CARGO_MANIFEST_DIR", "NEXTEST_RUN_ID"] {
        command.env_remove(name);
    }
    eprintln!("running {}", shown(&command));
    let status = command.status().map_err(|error| format!("failed to start {}: {error}", shown(&command)))?;

    let reports = read_reports(config.cache_dir(), &run_id).map_err(|error| {
        format!("failed to read what the tests reported in {}: {error}", config.cache_dir().display())
    })?;
    let summary = Summary::new(&reports);
    println!("\n{summary}");
    for left_out in &left_out {
        println!("left out: {}: failed to {}", left_out.repo, left_out.reason);
    }

    if !status.success() {
        // A runner that was killed has no code.
        let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        return Ok(ExitCode::from(code));
    }
    if arguments.require_hits && !summary.is_all_hits() {
        eprintln!("error: --require-hits: not every artifact was in the cache before the run");
        return Ok(ExitCode::from(NOT_ALL_HITS));
    }
    Ok(ExitCode::SUCCESS)
}

/// nextest and cargo test take the same arguments for what to build, and other ones for what to run.
fn runner(config: &Config, arguments: &TestArguments) -> Result<Command, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    let with_nextest = match arguments.runner {
        Runner::Cargo => false,
        Runner::Auto => has_nextest(&cargo),
        Runner::Nextest if has_nextest(&cargo) => true,
        Runner::Nextest => {
            return Err("cargo nextest is not installed; install it with `cargo install --locked cargo-nextest`, or \
                        leave out `--runner nextest`"
                .to_owned());
        }
    };
    let given = config.test_args().iter().chain(&arguments.runner_arguments);
    // Every repository is to be heard of, unless the user says otherwise.
    let is_told =
        given.clone().any(|argument| ["--no-fail-fast", "--fail-fast", "--max-fail"].contains(&argument.as_str()));
    let fail_fast = (!is_told).then_some("--no-fail-fast");
    if with_nextest {
        command.args(["nextest", "run", "--run-ignored", "all"]).args(fail_fast).args(given);
    } else {
        command.arg("test").args(fail_fast).args(given).args(["--", "--include-ignored"]);
    }
    Ok(command)
}

fn has_nextest(cargo: &std::ffi::OsStr) -> bool {
    let asked = Command::new(cargo)
        .args(["nextest", "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

/// Sorts by time, and no two processes have the same.
fn new_run_id() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    format!("smoke-{seconds}-{}", std::process::id())
}

fn shown(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once("cargo".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}
