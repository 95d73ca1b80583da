//! cargo nextest or cargo test, over the smoke tests.

use std::env;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use cached_smoke::tooling::Config;
use clap::{Args, ValueEnum};

use crate::remote::this_helper;

/// How many running tests nextest lists below its progress bar.
const MOST_RUNNING: &str = "NEXTEST_MAX_PROGRESS_RUNNING";
/// To the first column, and all of the line erased.
const CLEAR_LINE: &str = "\r\x1b[2K";
/// Exit statuses of nextest after it ran the tests: they passed, some failed, there were none.
/// <https://docs.rs/nextest-metadata/latest/nextest_metadata/enum.NextestExitCode.html>
const NEXTEST_HAS_RUN: [i32; 3] = [0, 100, 4];
/// Exit statuses of `cargo test` after it ran the tests.
const CARGO_HAS_RUN: [i32; 2] = [0, 101];

/// How a command that runs tests is told to.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunnerArguments {
    /// What runs the tests.
    #[arg(long = "runner", value_enum, default_value_t = RunnerKind::Auto)]
    pub(crate) kind: RunnerKind,

    /// For the test runner, such as `--release`, or the name of a test.
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) given: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunnerKind {
    /// cargo nextest where it is installed, else cargo test.
    Auto,
    /// cargo nextest.
    Nextest,
    /// cargo test.
    Cargo,
}

/// A runner, and which tests it runs.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    cargo: OsString,
    is_nextest: bool,
    given: Vec<String>,
    run: String,
    left_out: String,
    /// What tests speak to the shared tier through.
    helper: Option<(&'static str, String)>,
}

impl Runner {
    /// Of one run, which leaves out the tests over these repositories.
    pub(crate) fn new(config: &Config, arguments: &RunnerArguments, left_out: &[&str]) -> Result<Runner, String> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let is_nextest = match arguments.kind {
            RunnerKind::Cargo => false,
            RunnerKind::Auto => has_nextest(&cargo),
            RunnerKind::Nextest if has_nextest(&cargo) => true,
            RunnerKind::Nextest => {
                return Err("cargo nextest is not installed; install it with `cargo install --locked cargo-nextest`, \
                            or leave out `--runner nextest`"
                    .to_owned());
            }
        };
        // Which tests are in an archive was said when it was made, and nextest lets nobody say it again.
        let is_archive = arguments.given.iter().any(|argument| argument.starts_with("--archive-file"));
        let which = if is_archive { &[] } else { config.test_args() };
        let given = which.iter().chain(&arguments.given).cloned().collect();
        let run = env::var("SMOKE_RUN_ID").ok().filter(|id| !id.is_empty()).unwrap_or_else(new_run_id);
        let helper = this_helper(config);
        Ok(Runner { cargo, is_nextest, given, run, left_out: left_out.join(","), helper })
    }

    /// The id of its run.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// The same in a run of its own, whose id ends in `purpose`.
    pub(crate) fn in_another_run(self, purpose: &str) -> Runner {
        Runner { run: format!("{}-{purpose}", new_run_id()), ..self }
    }

    /// Runs all smoke tests, also those that are `#[ignore]`d.
    pub(crate) fn tests(&self) -> Command {
        // Every repository is to be heard of, unless the user says otherwise.
        let says_when_to_stop =
            |argument: &String| ["--no-fail-fast", "--fail-fast", "--max-fail"].contains(&argument.as_str());
        let fail_fast = (!self.given.iter().any(says_when_to_stop)).then_some("--no-fail-fast");
        let mut command = self.command();
        if self.is_nextest {
            command.args(["--run-ignored", "all"]).args(fail_fast).args(&self.given);
            if env::var_os(MOST_RUNNING).is_none() {
                // One line of progress bar: of several, a redraw erases what was said meanwhile; see `clear`.
                command.env(MOST_RUNNING, "0");
            }
        } else {
            command.args(fail_fast).args(&self.given).args(self.include_ignored());
        }
        command
    }

    /// Returns what goes before a line on standard error while the tests run: nextest draws its progress bar on the last
    /// line of a terminal, and draws it again below.
    pub(crate) fn clear(&self) -> &'static str {
        if self.is_nextest && std::io::stderr().is_terminal() { CLEAR_LINE } else { "" }
    }

    /// Compiles them, for all to see.
    ///
    /// # Errors
    /// They do not compile.
    pub(crate) fn compile(&self) -> Result<(), String> {
        let mut command = self.command();
        command.arg("--no-run").args(&self.given).stdout(Stdio::null());
        let status = command.status().map_err(|error| format!("failed to start {}: {error}", shown(&command)))?;
        if status.success() { Ok(()) } else { Err(format!("the tests do not compile: {}", shown(&command))) }
    }

    /// As [`tests`](Self::tests), none of which says anything unless it fails, and which stop after `what`. On a miss they do as
    /// `SMOKE_ON_MISS` says with this value.
    pub(crate) fn stopping_after(&self, what: &str, on_miss: &str) -> Command {
        let mut command = self.command();
        if self.is_nextest {
            command.args(["--run-ignored", "all", "--no-fail-fast"]);
            command.args(["--status-level", "none", "--final-status-level", "fail", "--show-progress", "none"]);
            command.args(&self.given);
            if what == "key" {
                // Tests that end at their first artifact fail, and would do so each time.
                command.env("NEXTEST_RETRIES", "0");
            }
        } else {
            command.args(["--no-fail-fast", "--quiet"]).args(&self.given).args(self.include_ignored());
        }
        command
            .env("SMOKE_STOP_AFTER", what)
            .env("SMOKE_ON_MISS", on_miss)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Returns why tests were left unrun by a command of [`stopping_after`](Self::stopping_after), if they were. That tests
    /// fail is no reason.
    pub(crate) fn unfinished(&self, output: &Output) -> Option<String> {
        let statuses: &[i32] = if self.is_nextest { &NEXTEST_HAS_RUN } else { &CARGO_HAS_RUN };
        if !output.status.code().is_some_and(|code| statuses.contains(&code)) {
            let runner = if self.is_nextest { "cargo nextest run" } else { "cargo test" };
            return Some(format!("{runner} did not run the tests ({})", output.status));
        }
        // nextest runs each test in a process of its own.
        if self.is_nextest {
            return None;
        }
        // A process that ends early takes with it the tests that have not begun, of which nothing else tells.
        let stdout = String::from_utf8_lossy(&output.stdout);
        let begun = stdout.lines().filter(|line| is_begin(line)).count();
        let ended = stdout.lines().filter(|line| line.starts_with("test result: ")).count();
        (ended < begun).then(|| "a test binary ended before all of its tests had run".to_owned())
    }

    /// For cargo test, after what was given: that may have arguments for the tests' harness already.
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
        command.env("SMOKE_RUN_ID", &self.run).env("SMOKE_LEAVE_OUT", &self.left_out);
        command.envs(self.helper.iter().map(|(name, value)| (name, value)));
        // The tests are the runner's package, not the one that this command was perhaps run from.
        for name in ["CARGO_MANIFEST_DIR", "NEXTEST_RUN_ID"] {
            command.env_remove(name);
        }
        command
    }
}

/// Returns `true` for the line that libtest begins with: `running 3 tests`.
fn is_begin(line: &str) -> bool {
    let number = line.strip_prefix("running ").and_then(|line| line.split_once(" test"));
    number.is_some_and(|(number, rest)| number.parse::<usize>().is_ok() && ["", "s"].contains(&rest))
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
pub(crate) fn new_run_id() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    format!("smoke-{seconds}-{}", std::process::id())
}

/// As one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once("cargo".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}
