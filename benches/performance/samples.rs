//! Running programs, and what is told of many runs of one.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::programs::{ANSWER, PROGRAM};

/// This benchmark's executable, or one of another profile, as one of the programs.
#[derive(Clone)]
pub(crate) struct Program {
    executable: PathBuf,
    name: &'static str,
    environment: Vec<(OsString, OsString)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Seconds from the start of `main` to the answer.
    pub(crate) inside: f64,
    /// Of them, seconds in the artifacts' own functions, where the program tells.
    pub(crate) in_artifacts: f64,
    /// Kilobytes of memory at the end, without what is mapped from files.
    pub(crate) anonymous: f64,
}

impl Program {
    pub(crate) fn new(executable: &Path, name: &'static str) -> Program {
        Program { executable: executable.to_owned(), name, environment: Vec::new() }
    }

    #[must_use]
    pub(crate) fn set(&self, name: &str, value: impl AsRef<OsStr>) -> Program {
        let mut program = self.clone();
        program.environment.push((name.into(), value.as_ref().to_owned()));
        program
    }

    fn command(&self) -> Command {
        self.prepared(Command::new(&self.executable))
    }

    /// Under `strace` with these arguments, which writes to `output`.
    pub(crate) fn traced(&self, arguments: &[&str], output: &Path) -> Command {
        let mut command = Command::new("strace");
        command.args(arguments).arg(output).arg(&self.executable).stdout(Stdio::null());
        self.prepared(command)
    }

    fn prepared(&self, mut command: Command) -> Command {
        let foreign =
            |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with("SMOKE_") || name.starts_with("NEXTEST"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| foreign(name)) {
            command.env_remove(name);
        }
        command.env(PROGRAM, self.name).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self) -> Sample {
        self.answer(&self.command().output().unwrap())
    }

    /// Runs it; all that it says.
    pub(crate) fn say(&self) -> String {
        let output = self.command().output().unwrap();
        self.answer(&output);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it as many times, all at once; seconds from the first start to the last end.
    pub(crate) fn run_at_once(&self, times: usize) -> f64 {
        let begun = Instant::now();
        let start = |_| self.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let children: Vec<Child> = (0..times).map(start).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success(), "{}", self.name);
        }
        begun.elapsed().as_secs_f64()
    }

    /// Runs it as many times, as many at once as there are cores; seconds from the first start to the last end.
    pub(crate) fn run_by_cores(&self, times: usize) -> f64 {
        let left = AtomicUsize::new(times);
        let next = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(1, usize::from).min(times) {
                scope.spawn(|| {
                    while next() {
                        self.run();
                    }
                });
            }
        });
        begun.elapsed().as_secs_f64()
    }

    fn answer(&self, output: &Output) -> Sample {
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {text}{}", self.name, String::from_utf8_lossy(&output.stderr));
        let answer = text.lines().find_map(|line| line.strip_prefix(ANSWER)).unwrap();
        let mut numbers = answer.split_whitespace().map(|number| number.parse::<f64>().unwrap());
        let mut number = || numbers.next().unwrap();
        Sample { inside: number(), in_artifacts: number(), anonymous: number() }
    }
}

/// Many values of one thing, in order of size.
pub(crate) struct Values(Vec<f64>);

impl Values {
    pub(crate) fn new(values: impl IntoIterator<Item = f64>) -> Values {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Values(values)
    }

    /// A quarter of them is smaller, and so on: 0, 1, 2, 3, 4.
    fn quarter(&self, quarters: usize) -> f64 {
        self.0[(self.0.len() - 1) * quarters / 4]
    }

    pub(crate) fn median(&self) -> f64 {
        self.quarter(2)
    }

    /// Says them, as seconds.
    pub(crate) fn say(&self, what: &str) -> f64 {
        let middle = self.median();
        let (unit, factor) = if middle < 1.0 { ("ms", 1e3) } else { ("s", 1.0) };
        let [low, middle, high] = [1, 2, 3].map(|quarters| self.quarter(quarters) * factor);
        println!("  {what:<44} {middle:>9.3} {unit:<2} [{low:.3} – {high:.3}]");
        self.median()
    }
}

/// Runs all in turns, so that whatever else the machine is at falls on all of them; the values of each.
pub(crate) fn in_turns<const N: usize>(rounds: usize, programs: [&dyn Fn() -> f64; N]) -> [Values; N] {
    let mut all = [const { Vec::new() }; N];
    for _ in 0..rounds {
        for (values, program) in all.iter_mut().zip(programs) {
            values.push(program());
        }
    }
    all.map(Values::new)
}

/// From before it is called to its end.
pub(crate) fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}
