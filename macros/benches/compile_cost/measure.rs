//! Measures CPU time, and summarizes repeated measurements.

use std::fmt::{self, Display};
use std::process::Command;
use std::time::Duration;

/// Returns the user and system time of all ended child processes and their descendants.
///
/// This time includes no waiting, and does not depend on the number of parallel jobs. See proc(5): the 16th and the
/// 17th field of `stat`, in hundredths of a second. The second field may contain spaces, and ends with the last
/// parenthesis.
#[cfg(target_os = "linux")]
fn spent_by_children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_second = stat.rsplit(')').next().unwrap();
    let ticks = after_second.split_whitespace().skip(13).take(2).map(|field| field.parse::<u64>().unwrap());
    Duration::from_millis(10 * ticks.sum::<u64>())
}

/// Returns the wall-clock time, for lack of a better measure on this system.
#[cfg(not(target_os = "linux"))]
fn spent_by_children() -> Duration {
    std::time::UNIX_EPOCH.elapsed().unwrap()
}

/// Runs a command, and returns its CPU time in seconds. The command has succeeded before, so an error is a bug.
pub(crate) fn cpu_seconds(command: Command) -> f64 {
    let before = spent_by_children();
    output(command).unwrap();
    spent_by_children().saturating_sub(before).as_secs_f64()
}

/// Runs a command, and returns its standard output.
///
/// # Errors
///
/// The reason for the failure, on one line.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let first = text.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or("failed");
    // The first line of a cargo error names the action, the last line the reason.
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no output");
    Err(format!("{first}: {last}"))
}

/// Measures every subject once per round, and reverses the order after each round.
///
/// A machine that becomes slower or faster then affects all subjects.
pub(crate) fn in_turns<Subject>(rounds: usize, subjects: &[Subject], measure: impl Fn(&Subject) -> f64) -> Vec<Sample> {
    let mut samples = vec![Sample::default(); subjects.len()];
    for round in 0..rounds {
        let mut turns: Vec<_> = subjects.iter().zip(&mut samples).collect();
        if round % 2 == 1 {
            turns.reverse();
        }
        for (subject, sample) in turns {
            sample.0.push(measure(subject));
        }
    }
    samples
}

/// The measurements of one subject, one per round.
#[derive(Clone, Default)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    /// Subtracts round by round, so that measurements of the same round are compared.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.with(other, |one, other| one - other)
    }

    /// Divides round by round, as [`Self::minus`] subtracts.
    pub(crate) fn over(&self, other: &Self) -> Self {
        self.with(other, |one, other| one / other)
    }

    fn with(&self, other: &Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| combine(*one, *other)).collect())
    }
}

/// Writes the median, the minimum and the maximum.
impl Display for Sample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len() - 1;
        let median = f64::midpoint(sorted[last / 2], sorted[last.div_ceil(2)]);
        formatter.pad(&format!("{median:.2} ({:.2}..{:.2})", sorted[0], sorted[last]))
    }
}
