//! A test passes in time, whichever call the system refuses and wherever its builder is killed. Each artifact is built
//! at most once more than needed. A preloaded library (`faults/shim.rs`) injects the faults.
#![cfg(target_os = "linux")]

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use test_support::{Run, Sandbox, compile_preload};

/// The longest time that a run may take. Alone on the machine, it takes less than a second.
const LIMIT: Duration = Duration::from_mins(1);
/// The number of scenarios that are explored at a time.
const WORKERS: usize = 4;

const EIO: i32 = 5;
const EACCES: i32 = 13;
const ENOSPC: i32 = 28;

/// A fault in one process of one test. Each call of the process is tried.
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
    /// The disk is full.
    NoRoom,
}

impl Fault {
    /// Returns the error of call `number`, or `None` for a kill. The runtime treats EIO and EACCES alike, so calls
    /// alternate.
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
fn fault_at_any_call_neither_fails_nor_blocks_a_test() {
    let directory = tempfile::tempdir().unwrap();
    let Some(shim) = compile_preload(include_str!("faults/shim.rs"), directory.path()) else { return };
    let mut scenarios = Vec::new();
    for fault in [Fault::Kill, Fault::Refuse, Fault::NoRoom] {
        scenarios.extend(["builder", "test"].map(|process| Scenario { test: "only_lengths", process, fault }));
    }
    // Two builders, one after the other. The test holds no other lock meanwhile.
    scenarios.extend([Fault::Kill, Fault::Refuse].map(|fault| Scenario { test: "both", process: "builder", fault }));
    let (scenarios, failures) = (Mutex::new(scenarios), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                // The block releases the lock before the scenario is explored.
                while let Some(scenario) = { scenarios.lock().unwrap().pop() } {
                    let found = explore(scenario, &shim);
                    failures.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(failures.is_empty(), "{} faults break a promise:\n{}", failures.len(), failures.join("\n"));
}

/// Tries the fault at the first call, at the second, and so on, until there are no more calls.
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
            failures.push(format!("{scenario}, call {number:02}: the rest is skipped"));
            break;
        }
    }
    failures
}

/// The result of a run with a fault, and of a run without one after it.
struct Tried {
    /// The call with the fault, and its path. `None` if the process makes fewer calls.
    call: Option<String>,
    /// The promises that the runs broke.
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
    /// Returns `true` if the test may fail: if it is killed, or if a call in the artifact's own `build` or `save` is
    /// refused. A full disk is no such case.
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

/// Adds a problem if the run has built an artifact more than `most` times.
fn check_builds(sandbox: &Sandbox, most: usize, problems: &mut Vec<String>) {
    let builds = sandbox.take_builds();
    for artifact in ["build words", "build lengths"] {
        let count = builds.iter().filter(|build| *build == artifact).count();
        if count > most {
            problems.push(format!("{artifact}: {count} times"));
        }
    }
}

/// The end of a run, with its output.
enum End {
    Passed {
        warning: Option<String>,
    },
    Failed(String),
    /// The run was killed after [`LIMIT`].
    Endless(String),
}

impl End {
    fn of(run: Run<'_>) -> End {
        let begun = Instant::now();
        let limit = LIMIT.as_secs().to_string();
        let done = run.wrapped("timeout", &["--signal=KILL", &limit]).done();
        let lines: Vec<&str> = done.stderr.lines().map(str::trim).collect();
        if !done.passed && begun.elapsed() >= LIMIT {
            return End::Endless(format!("does not end: {}", lines.last().unwrap_or(&"no output")));
        }
        let telling = lines.iter().position(|line| line.contains("failed") || line.contains("warning"));
        let words = telling.map(|first| lines[first..].iter().take(5).copied().collect::<Vec<_>>().join(" | "));
        if done.passed { End::Passed { warning: words } } else { End::Failed(words.unwrap_or(done.stderr)) }
    }
}
