//! Running programs, and what is told of many runs of one.

use std::ffi::{OsStr, OsString};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::programs::{ANSWER, PROGRAM};

/// This executable as one of the programs.
#[derive(Clone)]
pub(crate) struct Program {
    name: &'static str,
    environment: Vec<(OsString, OsString)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// From the start of `main` to the answer.
    pub(crate) inside: Duration,
    /// From before the process is started until it has ended.
    pub(crate) whole: Duration,
    /// Kilobytes of memory, without what is mapped from files.
    pub(crate) anonymous: u64,
}

impl Program {
    pub(crate) fn new(name: &'static str) -> Program {
        Program { name, environment: Vec::new() }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    #[must_use]
    pub(crate) fn set(&self, name: &str, value: impl AsRef<OsStr>) -> Program {
        let mut program = self.clone();
        program.environment.push((name.into(), value.as_ref().to_owned()));
        program
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(PROGRAM, self.name).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn run(&self) -> Sample {
        let mut command = self.command();
        let begun = Instant::now();
        let output = command.output().unwrap();
        let whole = begun.elapsed();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {text}{}", self.name, String::from_utf8_lossy(&output.stderr));
        let answer = text.lines().find_map(|line| line.strip_prefix(ANSWER)).unwrap();
        let mut numbers = answer.split_whitespace().map(|number| number.parse().unwrap());
        let (nanoseconds, anonymous) = (numbers.next().unwrap(), numbers.next().unwrap());
        Sample { inside: Duration::from_nanos(nanoseconds), whole, anonymous }
    }
}

/// The median, in seconds.
pub(crate) fn median(samples: &[Sample], of: impl Fn(&Sample) -> Duration) -> f64 {
    let mut all: Vec<f64> = samples.iter().map(|sample| of(sample).as_secs_f64()).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
