//! Runs the smoke tests with cargo nextest or cargo test.
//!
//! - `binaries`: finds the test binaries that use the cache
//! - `build_options`: the options of cargo among the arguments of a runner

mod binaries;
mod build_options;

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufReader, IsTerminal};
use std::process::{Command, ExitCode, ExitStatus, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use cached_smoke::tooling::Config;
use clap::{Args, ValueEnum};

use crate::{exit, options, output, remote, workspace};
use binaries::{Binary, select_in_cargo, select_in_nextest};
use build_options::{build_options, has_option, select_binaries};

/// The heading of options that are passed on.
const CARGO: &str = "Options for cargo";
/// The number of running tests that nextest lists below its progress bar.
const MAX_RUNNING: &str = "NEXTEST_MAX_PROGRESS_RUNNING";
/// Moves to the first column and erases the line.
const CLEAR_LINE: &str = "\r\x1b[2K";
/// Exit statuses of nextest after it ran the tests: they passed, some failed, or no test matched.
/// <https://docs.rs/nextest-metadata/latest/nextest_metadata/enum.NextestExitCode.html>
const NEXTEST_HAS_RUN: [i32; 3] = [0, 100, NO_TESTS_RUN];
/// The exit status of nextest if no test matched.
const NO_TESTS_RUN: i32 = 4;
/// Exit statuses of `cargo test` after it ran the tests.
const CARGO_HAS_RUN: [i32; 2] = [0, 101];

#[derive(Args, Clone, Debug)]
pub(crate) struct RunnerArguments {
    /// Select the test runner.
    #[arg(long = "runner", value_enum, default_value_t = RunnerKind::Auto)]
    kind: RunnerKind,

    /// Select a package; may be repeated.
    #[arg(long = "package", short, value_name = "SPEC", help_heading = CARGO)]
    packages: Vec<String>,

    /// Compile with this profile of cargo.
    #[arg(long, value_name = "NAME", help_heading = CARGO)]
    profile: Option<String>,

    /// Require that Cargo.lock is up to date.
    #[arg(long, help_heading = CARGO)]
    locked: bool,

    /// Let cargo not use the network.
    #[arg(long, help_heading = CARGO)]
    offline: bool,

    /// The same as --locked and --offline.
    #[arg(long, help_heading = CARGO)]
    frozen: bool,

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
    /// The options for cargo, as `cargo test` takes them.
    options: Vec<String>,
    /// The arguments of `[test] args`, and those of the command line.
    given: Vec<String>,
    /// The arguments that select the test binaries that use the cache.
    binaries: Vec<String>,
    runs_ignored: bool,
    run: String,
    skipped: String,
    /// The variable that names the helper through which tests reach the remote cache.
    helper: Option<(&'static str, String)>,
}

impl Runner {
    /// Creates the runner of one run, which skips the tests over some repositories.
    pub(crate) fn new(config: &Config, arguments: &RunnerArguments, skipped: &[&str]) -> anyhow::Result<Runner> {
        let cargo = workspace::cargo();
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
        let (binaries, runs_ignored) = (Vec::new(), config.runs_ignored_tests());
        let options = arguments.of_cargo();
        Ok(Runner {
            cargo,
            is_nextest,
            options,
            given,
            binaries,
            runs_ignored,
            run,
            skipped: skipped.join(","),
            helper,
        })
    }

    /// Returns the id of the run.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// Returns the same runner for a new run, whose id ends in `purpose`.
    pub(crate) fn in_another_run(self, purpose: &str) -> Runner {
        Runner { run: format!("{}-{purpose}", new_run_id()), ..self }
    }

    /// Returns the command that runs the smoke tests.
    pub(crate) fn tests(&self) -> Command {
        // Every repository should be tested, unless the user decides otherwise.
        let is_fail_fast = has_option(&self.given, &["--no-fail-fast", "--fail-fast", "--ff", "--nff", "--max-fail"]);
        let mut command = self.command();
        command.args(if self.is_nextest {
            verbosity("--cargo-quiet", "--cargo-verbose")
        } else {
            verbosity("--quiet", "--verbose")
        });
        command.args(self.ignored_in_nextest()).args((!is_fail_fast).then_some("--no-fail-fast"));
        self.select(&mut command);
        if self.is_nextest {
            if options::get().is_quiet() {
                command.env("NEXTEST_SHOW_PROGRESS", "none").env("NEXTEST_STATUS_LEVEL", "fail");
            }
            if env::var_os(MAX_RUNNING).is_none() {
                // A progress bar of one line. With more, a redraw erases the lines of this tool; see `clear`.
                command.env(MAX_RUNNING, "0");
            }
        }
        command
    }

    /// Returns `true` if the runner ended with this status because it found no test to run.
    pub(crate) fn found_no_test(&self, status: ExitStatus) -> bool {
        self.is_nextest && status.code() == Some(NO_TESTS_RUN)
    }

    /// Returns the prefix for a line on standard error while the tests run: nextest draws its progress bar on the last
    /// line of a terminal, and redraws it below.
    pub(crate) fn clear(&self) -> &'static str {
        if self.is_nextest && std::io::stderr().is_terminal() { CLEAR_LINE } else { "" }
    }

    /// Compiles the tests, with the compiler's messages on standard error. Unless the arguments select test binaries,
    /// selects those that use the cache.
    ///
    /// # Errors
    /// Fails with [`NotCompiled`] if they do not compile. Fails if no test binary uses the cache.
    pub(crate) fn compile(mut self) -> anyhow::Result<Runner> {
        if has_option(&self.given, &["--archive-file", "--binaries-metadata", "--doc"]) {
            return Ok(self);
        }
        let mut command = Command::new(&self.cargo);
        command.args(["test", "--no-run", "--message-format", "json-render-diagnostics"]).args(&self.options);
        command
            .args(verbosity("--quiet", "--verbose"))
            .args(build_options(&self.given, self.is_nextest))
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command.env_remove("CARGO_MANIFEST_DIR");
        if options::get().is_verbose() {
            output::progress(format_args!("running {}", shown(&command)));
        }
        let mut cargo = command.spawn().with_context(|| failed_to_start(&command))?;
        let binaries = cargo.stdout.take().map_or_else(Vec::new, |stdout| Binary::read_all(BufReader::new(stdout)));
        let status = cargo.wait().with_context(|| failed_to_start(&command))?;
        if !status.success() {
            return Err(NotCompiled { status }.into());
        }
        if !select_binaries(&self.given) {
            let mut selected = Vec::new();
            for binary in &binaries {
                if binary.uses_the_cache()? {
                    selected.push(binary);
                }
            }
            if selected.is_empty() {
                bail!("no test uses cached-smoke\nhelp: run `cargo smoke-cache init`, which writes an example");
            }
            self.binaries =
                if self.is_nextest { select_in_nextest(&selected) } else { select_in_cargo(&selected, &binaries) };
        }
        Ok(self)
    }

    /// Returns a command that runs the tests as far as `SMOKE_STOP_AFTER=step`, with `SMOKE_ON_MISS=on_miss`.
    ///
    /// Its output is piped, and shows failures only.
    pub(crate) fn stopping_after(&self, step: &str, on_miss: &str) -> Command {
        let mut command = self.command();
        if self.is_nextest {
            command.args(self.ignored_in_nextest()).arg("--no-fail-fast");
            command.args(["--status-level", "none", "--final-status-level", "fail", "--show-progress", "none"]);
            if step == "key" {
                // Tests that stop at their first artifact fail, and would fail again.
                command.env("NEXTEST_RETRIES", "0");
            }
        } else {
            command.args(["--no-fail-fast", "--quiet"]);
        }
        self.select(&mut command);
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

    /// Adds the arguments that select tests.
    fn select(&self, command: &mut Command) {
        command.args(&self.binaries).args(&self.given);
        if self.runs_ignored && !self.is_nextest {
            // The user's arguments may contain some of the test harness already.
            let at = self.given.iter().position(|argument| argument == "--");
            let of_harness = at.map_or(&[][..], |at| &self.given[at..]);
            if !of_harness.iter().any(|argument| ["--ignored", "--include-ignored"].contains(&argument.as_str())) {
                command.args(at.is_none().then_some("--")).arg("--include-ignored");
            }
        }
    }

    fn ignored_in_nextest(&self) -> &[&str] {
        let is_ours = self.is_nextest && self.runs_ignored && !has_option(&self.given, &["--run-ignored"]);
        if is_ours { &["--run-ignored", "all"] } else { &[] }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        command.args(if self.is_nextest { &["nextest", "run"][..] } else { &["test"] });
        let of_nextest =
            |option: &String| if option == "--profile" { "--cargo-profile".to_owned() } else { option.clone() };
        command
            .args(self.options.iter().map(|option| if self.is_nextest { of_nextest(option) } else { option.clone() }));
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

impl RunnerArguments {
    /// Returns the options for `cargo test`.
    fn of_cargo(&self) -> Vec<String> {
        let mut options = options::get().of_cargo();
        options.extend(self.packages.iter().flat_map(|package| ["--package".to_owned(), package.clone()]));
        options.extend(self.profile.iter().flat_map(|profile| ["--profile".to_owned(), profile.clone()]));
        for (is_given, name) in [(self.locked, "--locked"), (self.offline, "--offline"), (self.frozen, "--frozen")] {
            options.extend(is_given.then(|| name.to_owned()));
        }
        options
    }
}

/// Returns the option of a runner for `--quiet` or `--verbose`.
fn verbosity(quiet: &'static str, verbose: &'static str) -> Option<&'static str> {
    let options = options::get();
    if options.is_quiet() { Some(quiet) } else { options.is_verbose().then_some(verbose) }
}

/// The tests are not compiled. Cargo has printed the reason.
#[derive(Debug, thiserror::Error)]
#[error("cargo did not compile the tests")]
pub(crate) struct NotCompiled {
    status: ExitStatus,
}

impl NotCompiled {
    /// Returns the exit status of cargo.
    pub(crate) fn code(&self) -> ExitCode {
        exit::of_child(self.status)
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
    let arguments = command.get_args().map(|argument| quoted(&argument.to_string_lossy()));
    std::iter::once("cargo".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// Returns an argument as a shell reads it.
fn quoted(argument: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "_@%+=:,./-".contains(character);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

/// Returns the message of the error when a runner cannot be started.
pub(crate) fn failed_to_start(command: &Command) -> String {
    format!("failed to start {}", shown(command))
}
