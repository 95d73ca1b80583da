//! Runs programs, and computes the medians of their times.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::programs::{ANSWER, PROGRAM};

/// A program with its environment: an executable of this benchmark in some profile, and the name of the program.
#[derive(Clone)]
pub(crate) struct Program {
    executable: PathBuf,
    name: &'static str,
    environment: Vec<(OsString, OsString)>,
}

/// The answer of one run of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// The seconds from the start of `main` to the answer.
    pub(crate) inside: f64,
    /// The seconds of these in the functions of the artifacts, if the program measures them, else 0.
    pub(crate) in_artifacts: f64,
    /// The kilobytes of memory at the end, without memory that is mapped from files.
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

    /// Returns the command that runs the program under `strace`, which writes to `output`.
    pub(crate) fn traced(&self, arguments: &[&str], output: &Path) -> Command {
        let mut command = Command::new("strace");
        command.args(arguments).arg(output).arg(&self.executable).stdout(Stdio::null());
        self.prepared(command)
    }

    fn prepared(&self, mut command: Command) -> Command {
        test_support::clean_environment(&mut command);
        command.env(PROGRAM, self.name).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self) -> Sample {
        self.answer(&self.command().output().unwrap())
    }

    /// Runs the program once, and returns its output.
    pub(crate) fn output(&self) -> String {
        let output = self.command().output().unwrap();
        self.answer(&output);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the program several times at once; returns the seconds from the first start to the last end.
    pub(crate) fn run_at_once(&self, times: usize) -> f64 {
        let begun = Instant::now();
        let start = |_| self.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let children: Vec<Child> = (0..times).map(start).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success(), "{}", self.name);
        }
        begun.elapsed().as_secs_f64()
    }

    /// Runs the program several times, one per core at a time; returns the seconds from the first start to the last
    /// end.
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

/// The sorted values of one measurement.
pub(crate) struct Values(Vec<f64>);

impl Values {
    pub(crate) fn new(values: impl IntoIterator<Item = f64>) -> Values {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Values(values)
    }

    /// Returns a quartile, from 0 (the minimum) to 4 (the maximum).
    fn quartile(&self, number: usize) -> f64 {
        self.0[(self.0.len() - 1) * number / 4]
    }

    pub(crate) fn median(&self) -> f64 {
        self.quartile(2)
    }

    /// Prints the median and the middle half of the values, which are seconds; returns the median.
    pub(crate) fn print(&self, what: &str) -> f64 {
        let median = self.median();
        let (unit, factor) = if median < 1.0 { ("ms", 1e3) } else { ("s", 1.0) };
        let [low, middle, high] = [1, 2, 3].map(|number| self.quartile(number) * factor);
        println!("  {what:<44} {middle:>9.3} {unit:<2} [{low:.3} – {high:.3}]");
        median
    }
}

/// Runs all programs in turns, so that other load of the machine affects all of them; returns the values of each.
pub(crate) fn in_turns<const N: usize>(rounds: usize, programs: [&dyn Fn() -> f64; N]) -> [Values; N] {
    let mut all = [const { Vec::new() }; N];
    for _ in 0..rounds {
        for (values, program) in all.iter_mut().zip(programs) {
            values.push(program());
        }
    }
    all.map(Values::new)
}

/// Measures the time of some work.
pub(crate) fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}
