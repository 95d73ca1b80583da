//! A test passes in time whatever call the system refuses, and wherever its builder is killed; no artifact is built more
//! than once too often. A library that is loaded first (`faults/shim.rs`) has the faults.
#![cfg(target_os = "linux")]

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use test_support::{Run, Sandbox, compile_preload};

/// After which a run has taken too long: alone, it takes less than a second.
const LIMIT: Duration = Duration::from_mins(1);
/// Scenarios that are explored at a time.
const WORKERS: usize = 4;

const EIO: i32 = 5;
const EACCES: i32 = 13;
const ENOSPC: i32 = 28;

/// A fault of one process of one test, of which every place is tried.
#[derive(Clone, Copy)]
struct Scenario {
    test: &'static str,
    process: &'static str,
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// The process is killed at the call.
    Kill,
    /// The call is not permitted, or its device fails.
    Refuse,
    /// The call finds no room.
    NoRoom,
}

impl Fault {
    /// The error that the call returns; nothing kills. The runtime does not tell the first two apart, so they take turns.
    fn error(self, number: usize) -> Option<i32> {
        match self {
            Fault::Kill => None,
            Fault::Refuse => Some(if number.is_multiple_of(2) { EIO } else { EACCES }),
            Fault::NoRoom => Some(ENOSPC),
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = match self.fault {
            Fault::Kill => "killed",
            Fault::Refuse => "refused",
            Fault::NoRoom => "without room",
        };
        write!(f, "`{}`, {} {fault}", self.test, self.process)
    }
}

#[test]
fn a_fault_at_any_call_neither_fails_nor_blocks_a_test() {
    let directory = tempfile::tempdir().unwrap();
    let Some(shim) = compile_preload(include_str!("faults/shim.rs"), directory.path()) else { return };
    let mut scenarios = Vec::new();
    for fault in [Fault::Kill, Fault::Refuse, Fault::NoRoom] {
        scenarios.extend(["builder", "test"].map(|process| Scenario { test: "only_lengths", process, fault }));
    }
    // Two builders, one after the other, and no lock of another held meanwhile.
    scenarios.extend([Fault::Kill, Fault::Refuse].map(|fault| Scenario { test: "both", process: "builder", fault }));
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
    for number in 1.. {
        let Tried { call, problems } = Tried::at(scenario, number, shim);
        let place = call.as_deref().unwrap_or("no fault");
        failures.extend(problems.iter().map(|problem| format!("{scenario}, call {number:02}, {place}: {problem}")));
        if call.is_none() {
            assert!(number > 30, "{scenario}: there are more calls than {number}");
            break;
        }
        if problems.iter().any(|problem| problem.contains("does not end")) {
            failures.push(format!("{scenario}, call {number:02}: the rest is left out"));
            break;
        }
    }
    failures
}

/// A run with a fault, and one without after it.
struct Tried {
    /// The call that had the fault, and its path; nothing, if there is no such call.
    call: Option<String>,
    /// What went wrong.
    problems: Vec<String>,
}

impl Tried {
    fn at(scenario: Scenario, number: usize, shim: &Path) -> Tried {
        let sandbox = Sandbox::without_git();
        let (spent, temporary) = (sandbox.path("spent"), sandbox.path("tmp"));
        fs::create_dir(&temporary).unwrap();
        let faulty = sandbox
            .run(scenario.test)
            .env("NEXTEST", "1")
            .env("TMPDIR", &temporary)
            .env("LD_PRELOAD", shim)
            .env("FAULT_IN", scenario.process)
            .env("FAULT_BELOW", sandbox.cache())
            .env("FAULT_AT", number.to_string())
            .env("FAULT_ERROR", scenario.fault.error(number).unwrap_or(0).to_string())
            .env("FAULT_SPENT", &spent);
        let end = End::of(faulty);
        let call = fs::read_to_string(spent).ok();
        let mut problems = Vec::new();
        let may_fail = call.as_deref().is_some_and(|call| scenario.may_fail(call));
        match end {
            End::Passed { .. } => {}
            End::Failed(_) if may_fail => {}
            End::Failed(problem) | End::Endless(problem) => problems.push(problem),
        }
        check_builds(&sandbox, 2, &mut problems);

        let next = End::of(sandbox.run(scenario.test).env("TMPDIR", &temporary));
        if let End::Failed(problem) | End::Endless(problem) | End::Passed { warning: Some(problem) } = next {
            problems.push(format!("without a fault, afterwards: {problem}"));
        }
        check_builds(&sandbox, 1, &mut problems);
        Tried { call, problems }
    }
}

impl Scenario {
    /// A test that is killed does not pass. A call of the artifact's own `build` or `save` that fails is an error of theirs,
    /// except for want of room.
    fn may_fail(&self, call: &str) -> bool {
        let is_of_the_artifact =
            call.contains("/files/") && ["open ", "mkdir ", "write "].iter().any(|name| call.starts_with(name));
        match self.fault {
            Fault::Kill => self.process == "test",
            Fault::Refuse => is_of_the_artifact,
            Fault::NoRoom => false,
        }
    }
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

/// How a run has ended, in its own words.
enum End {
    Passed {
        warning: Option<String>,
    },
    Failed(String),
    /// It was killed after [`LIMIT`].
    Endless(String),
}

impl End {
    fn of(run: Run<'_>) -> End {
        let begun = Instant::now();
        let limit = LIMIT.as_secs().to_string();
        let done = run.wrapped("timeout", &["--signal=KILL", &limit]).done();
        let lines: Vec<&str> = done.stderr.lines().map(str::trim).collect();
        if !done.passed && begun.elapsed() >= LIMIT {
            return End::Endless(format!("does not end: {}", lines.last().unwrap_or(&"it says nothing")));
        }
        let telling = lines.iter().position(|line| line.contains("failed") || line.contains("warning"));
        let words = telling.map(|first| lines[first..].iter().take(5).copied().collect::<Vec<_>>().join(" | "));
        if done.passed { End::Passed { warning: words } } else { End::Failed(words.unwrap_or(done.stderr)) }
    }
}
