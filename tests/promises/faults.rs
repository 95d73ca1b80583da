//! Whatever call the system refuses a process, and wherever its builder is killed, a test passes soon, and builds little twice.
#![cfg(target_os = "linux")]

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use crate::sandbox::{Done, Sandbox};

/// Seconds after which a run has taken too long: alone, it takes less than one.
const LIMIT: &str = "20";
/// A scenario ends with this many runs that took too long.
const MOST_HANGS: usize = 2;
/// Scenarios that are explored at a time.
const WORKERS: usize = 4;

const EIO: i32 = 5;
const EACCES: i32 = 13;
const ENOSPC: i32 = 28;

/// One fault, of which every place is tried.
#[derive(Clone, Copy)]
struct Scenario {
    test: &'static str,
    /// The process that has it.
    process: &'static str,
    /// The error that a call returns; nothing: the process is killed at the call.
    error: Option<i32>,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error {
            Some(error) => write!(f, "`{}`: error {error} in the {}", self.test, self.process),
            None => write!(f, "`{}`: kill of the {}", self.test, self.process),
        }
    }
}

/// Compiles the library that has the faults; nothing, and a line that says so, where there is no compiler.
fn shim(directory: &Path) -> Option<PathBuf> {
    let (source, library) = (directory.join("shim.rs"), directory.join("shim.so"));
    fs::write(&source, include_str!("faults/shim.rs")).unwrap();
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition=2024", "--crate-type=cdylib", "-Copt-level=1", "-o"]).args([&library, &source]);
    match rustc.output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(library)
        }
        Err(error) => {
            eprintln!("left out: rustc cannot be started: {error}");
            None
        }
    }
}

#[test]
fn a_fault_at_any_call_neither_fails_nor_blocks_a_test() {
    let directory = tempfile::tempdir().unwrap();
    let Some(shim) = shim(directory.path()) else { return };
    let mut scenarios = Vec::new();
    for test in ["only_lengths", "both"] {
        scenarios.push(Scenario { test, process: "builder", error: None });
        for error in [EIO, EACCES, ENOSPC] {
            scenarios.extend(["builder", "test"].map(|process| Scenario { test, process, error: Some(error) }));
        }
    }
    let (scenarios, failures) = (Mutex::new(scenarios), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                // A statement of its own, so that the others may take theirs.
                while let Some(scenario) = { scenarios.lock().unwrap().pop() } {
                    let found = explore(scenario, &shim);
                    failures.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(failures.is_empty(), "{} faults do harm:\n{}", failures.len(), failures.join("\n"));
}

/// Tries the fault at the first call, at the second, and so on, until there is no such call.
fn explore(scenario: Scenario, shim: &Path) -> Vec<String> {
    let mut failures = Vec::new();
    let mut hangs = 0;
    for number in 1.. {
        let sandbox = Sandbox::new();
        let (call, problems) = try_at(&sandbox, scenario, number, shim);
        let is_over = call.is_none();
        let call = call.unwrap_or_else(|| "no fault".to_owned());
        hangs += problems.iter().filter(|problem| problem.contains(LIMIT)).count();
        failures.extend(problems.iter().map(|problem| format!("{scenario}, call {number:03}, {call}: {problem}")));
        if is_over {
            assert!(number > 10, "{scenario}: there are more calls than {number}");
            break;
        }
        if hangs >= MOST_HANGS {
            failures.push(format!("{scenario}, call {number:03}: the rest is left out"));
            break;
        }
    }
    failures
}

/// Runs the test with the fault at one call, and once more without: the call, if there was one, and what went wrong.
fn try_at(sandbox: &Sandbox, scenario: Scenario, number: usize, shim: &Path) -> (Option<String>, Vec<String>) {
    let spent = sandbox.path("spent");
    let temporary = sandbox.path("tmp");
    fs::create_dir(&temporary).unwrap();
    let faulty = sandbox
        .run(scenario.test)
        .env("NEXTEST", "1")
        .env("TMPDIR", &temporary)
        .env("LD_PRELOAD", shim)
        .env("FAULT_IN", scenario.process)
        .env("FAULT_BELOW", sandbox.cache())
        .env("FAULT_AT", number.to_string())
        .env("FAULT_ERROR", scenario.error.unwrap_or(0).to_string())
        .env("FAULT_SPENT", &spent)
        .wrapped("timeout", &["--signal=KILL", LIMIT])
        .done();
    let mut problems = Vec::new();
    if !faulty.passed {
        problems.push(failure(&faulty));
    }
    check_builds(sandbox, 2, &mut problems);

    let next =
        sandbox.run(scenario.test).env("TMPDIR", &temporary).wrapped("timeout", &["--signal=KILL", LIMIT]).done();
    if !next.passed || next.stderr.contains("warning") {
        problems.push(format!("then, without a fault: {}", failure(&next)));
    }
    check_builds(sandbox, 1, &mut problems);
    (fs::read_to_string(spent).ok(), problems)
}

/// How often a run may have built each artifact: once, and once more because of the fault.
fn check_builds(sandbox: &Sandbox, most: usize, problems: &mut Vec<String>) {
    let builds = sandbox.take_builds();
    for artifact in ["build words", "build lengths"] {
        let count = builds.iter().filter(|build| *build == artifact).count();
        if count > most {
            problems.push(format!("{artifact}: {count} times"));
        }
    }
}

/// The line that says why a run has failed, or has not ended.
fn failure(done: &Done) -> String {
    let line = done.stderr.lines().find(|line| line.contains("failed") || line.contains("warning"));
    let waits = done.stderr.lines().rfind(|line| line.contains("has waited"));
    match (line, waits) {
        (_, Some(waits)) if !done.passed => format!("does not end within {LIMIT} s: {waits}"),
        (Some(line), _) => line.to_owned(),
        (None, _) => format!("{}{}", done.stdout, done.stderr),
    }
}
