//! Runs the smoke tests with cargo nextest or cargo test.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use cached_smoke::tooling::Config;
use clap::{Args, ValueEnum};

use crate::remote;

/// The number of running tests that nextest lists below its progress bar.
const MAX_RUNNING: &str = "NEXTEST_MAX_PROGRESS_RUNNING";
/// Moves to the first column and erases the line.
const CLEAR_LINE: &str = "\r\x1b[2K";
/// Exit statuses of nextest after it ran the tests: they passed, some failed, or no test matched.
/// <https://docs.rs/nextest-metadata/latest/nextest_metadata/enum.NextestExitCode.html>
const NEXTEST_HAS_RUN: [i32; 3] = [0, 100, 4];
/// Exit statuses of `cargo test` after it ran the tests.
const CARGO_HAS_RUN: [i32; 2] = [0, 101];

#[derive(Args, Clone, Debug)]
pub(crate) struct RunnerArguments {
    /// Select the test runner.
    #[arg(long = "runner", value_enum, default_value_t = RunnerKind::Auto)]
    kind: RunnerKind,

    /// Pass arguments to the test runner, such as `--release` or a test name.
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) given: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RunnerKind {
    /// cargo nextest if it is installed, else cargo test.
    Auto,
    /// cargo nextest.
    Nextest,
    /// cargo test.
    Cargo,
}

/// A test runner, with the id of its run and the tests that it selects.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    cargo: OsString,
    is_nextest: bool,
    given: Vec<String>,
    run: String,
    skipped: String,
    /// The variable that names the helper through which tests reach the remote cache.
    helper: Option<(&'static str, String)>,
}

impl Runner {
    /// Creates the runner of one run, which skips the tests over some repositories.
    pub(crate) fn new(config: &Config, arguments: &RunnerArguments, skipped: &[&str]) -> anyhow::Result<Runner> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let is_nextest = match arguments.kind {
            RunnerKind::Cargo => false,
            RunnerKind::Auto => has_nextest(&cargo),
            RunnerKind::Nextest if has_nextest(&cargo) => true,
            RunnerKind::Nextest => bail!(
                "cargo nextest is not installed\n\
                 help: run `cargo install --locked cargo-nextest`, or drop `--runner nextest`"
            ),
        };
        // An archive fixes which test binaries it holds: nextest refuses options that select them.
        let is_archive = arguments.given.iter().any(|argument| argument.starts_with("--archive-file"));
        let selection = if is_archive { &[] } else { config.test_args() };
        let given = selection.iter().chain(&arguments.given).cloned().collect();
        let run = env::var("SMOKE_RUN_ID").ok().filter(|id| !id.is_empty()).unwrap_or_else(new_run_id);
        let helper = remote::for_tests(config);
        Ok(Runner { cargo, is_nextest, given, run, skipped: skipped.join(","), helper })
    }

    /// Returns the id of the run.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// Returns the same runner for a new run, whose id ends in `purpose`.
    pub(crate) fn in_another_run(self, purpose: &str) -> Runner {
        Runner { run: format!("{}-{purpose}", new_run_id()), ..self }
    }

    /// Returns the command that runs all smoke tests, including those that are `#[ignore]`d.
    pub(crate) fn tests(&self) -> Command {
        // Every repository should be tested, unless the user decides otherwise.
        let is_fail_fast =
            |argument: &String| ["--no-fail-fast", "--fail-fast", "--max-fail"].contains(&argument.as_str());
        let fail_fast = (!self.given.iter().any(is_fail_fast)).then_some("--no-fail-fast");
        let mut command = self.command();
        if self.is_nextest {
            command.args(["--run-ignored", "all"]).args(fail_fast).args(&self.given);
            if env::var_os(MAX_RUNNING).is_none() {
                // A progress bar of one line. With more, a redraw erases the lines of this tool; see `clear`.
                command.env(MAX_RUNNING, "0");
            }
        } else {
            command.args(fail_fast).args(&self.given).args(self.include_ignored());
        }
        command
    }

    /// Returns the prefix for a line on standard error while the tests run: nextest draws its progress bar on the last
    /// line of a terminal, and redraws it below.
    pub(crate) fn clear(&self) -> &'static str {
        if self.is_nextest && std::io::stderr().is_terminal() { CLEAR_LINE } else { "" }
    }

    /// Compiles the tests, with the compiler's messages on standard error.
    ///
    /// # Errors
    /// Fails if they do not compile.
    pub(crate) fn compile(&self) -> anyhow::Result<()> {
        let mut command = self.command();
        command.arg("--no-run").args(&self.given).stdout(Stdio::null());
        let status = command.status().with_context(|| failed_to_start(&command))?;
        if !status.success() {
            bail!("the tests do not compile: {}", shown(&command));
        }
        Ok(())
    }

    /// Returns a command that runs the tests as far as `SMOKE_STOP_AFTER=step`, with `SMOKE_ON_MISS=on_miss`.
    ///
    /// Its output is piped, and shows failures only.
    pub(crate) fn stopping_after(&self, step: &str, on_miss: &str) -> Command {
        let mut command = self.command();
        if self.is_nextest {
            command.args(["--run-ignored", "all", "--no-fail-fast"]);
            command.args(["--status-level", "none", "--final-status-level", "fail", "--show-progress", "none"]);
            command.args(&self.given);
            if step == "key" {
                // Tests that stop at their first artifact fail, and would fail again.
                command.env("NEXTEST_RETRIES", "0");
            }
        } else {
            command.args(["--no-fail-fast", "--quiet"]).args(&self.given).args(self.include_ignored());
        }
        command
            .env("SMOKE_STOP_AFTER", step)
            .env("SMOKE_ON_MISS", on_miss)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Returns the reason why a command of [`stopping_after`](Self::stopping_after) did not run all tests, if there is
    /// one. Failing tests are not a reason.
    pub(crate) fn unfinished(&self, output: &Output) -> Option<String> {
        let statuses: &[i32] = if self.is_nextest { &NEXTEST_HAS_RUN } else { &CARGO_HAS_RUN };
        if !output.status.code().is_some_and(|code| statuses.contains(&code)) {
            let runner = if self.is_nextest { "cargo nextest run" } else { "cargo test" };
            return Some(format!("{runner} did not run the tests ({})", output.status));
        }
        // nextest runs each test in a separate process.
        if self.is_nextest {
            return None;
        }
        // A test that ends its process prevents all later tests of the binary, and cargo does not report them.
        let stdout = String::from_utf8_lossy(&output.stdout);
        let begun = stdout.lines().filter(|line| is_begin(line)).count();
        let ended = stdout.lines().filter(|line| line.starts_with("test result: ")).count();
        (ended < begun).then(|| "a test binary ended before it ran all of its tests".to_owned())
    }

    /// Returns the arguments of cargo test that follow the user's, which may contain arguments of the test harness
    /// already.
    fn include_ignored(&self) -> &[&str] {
        if self.given.iter().any(|argument| argument == "--") {
            &["--include-ignored"]
        } else {
            &["--", "--include-ignored"]
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        command.args(if self.is_nextest { &["nextest", "run"][..] } else { &["test"] });
        command.env("SMOKE_RUN_ID", &self.run).env("SMOKE_LEAVE_OUT", &self.skipped);
        command.envs(self.helper.iter().map(|(name, value)| (name, value)));
        // This tool shows the builds itself.
        if env::var_os("SMOKE_ANNOUNCE").is_none_or(|value| value.is_empty()) {
            command.env("SMOKE_ANNOUNCE", "off");
        }
        // Set if cargo or nextest runs this tool. The tests belong to another package and another run.
        for name in ["CARGO_MANIFEST_DIR", "NEXTEST_RUN_ID"] {
            command.env_remove(name);
        }
        command
    }
}

/// Returns `true` for the first line of libtest: `running 3 tests`.
fn is_begin(line: &str) -> bool {
    let number = line.strip_prefix("running ").and_then(|line| line.split_once(" test"));
    number.is_some_and(|(number, rest)| number.parse::<usize>().is_ok() && ["", "s"].contains(&rest))
}

fn has_nextest(cargo: &OsStr) -> bool {
    let mut version = Command::new(cargo);
    version.args(["nextest", "--version"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

/// Returns a run id that sorts by time and that no other process has.
pub(crate) fn new_run_id() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    format!("smoke-{seconds}-{}", std::process::id())
}

/// Returns the command as a user would type it.
pub(crate) fn shown(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once("cargo".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// Returns the message of the error when a runner cannot be started.
pub(crate) fn failed_to_start(command: &Command) -> String {
    format!("failed to start {}", shown(command))
}
