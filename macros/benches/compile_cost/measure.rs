//! CPU time, and what becomes of it when it was measured several times.

use std::fmt::{self, Display};
use std::process::Command;
use std::time::Duration;

/// User and system time of all child processes that have ended, with theirs: neither waiting nor the number of parallel
/// jobs counts. proc(5): the 16th and the 17th field of `stat`, in hundredths of a second; the second field may hold
/// spaces, and ends with the last parenthesis.
#[cfg(target_os = "linux")]
fn spent_by_children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_second = stat.rsplit(')').next().unwrap();
    let ticks = after_second.split_whitespace().skip(13).take(2).map(|field| field.parse::<u64>().unwrap());
    Duration::from_millis(10 * ticks.sum::<u64>())
}

/// Where there is nothing better, the clock on the wall.
#[cfg(not(target_os = "linux"))]
fn spent_by_children() -> Duration {
    std::time::UNIX_EPOCH.elapsed().unwrap()
}

/// The seconds of CPU time that `command` takes. It has worked before, so a failure is a defect.
pub(crate) fn cpu_seconds(command: Command) -> f64 {
    let before = spent_by_children();
    output(command).unwrap();
    spent_by_children().saturating_sub(before).as_secs_f64()
}

/// Runs `command` to its end and gives what it wrote.
///
/// # Errors
///
/// Why it failed, on one line.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let first = text.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or("failed");
    // Cargo begins with what it wanted to do and ends with why it could not.
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no output");
    Err(format!("{first}: {last}"))
}

/// Measures every subject once in each round, in the opposite order every other time, so that a machine that becomes
/// slower or faster does so for all.
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

/// One number for each round.
#[derive(Clone, Default)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    /// Round by round: what was measured side by side is compared.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.with(other, |one, other| one - other)
    }

    /// As [`Self::minus`].
    pub(crate) fn over(&self, other: &Self) -> Self {
        self.with(other, |one, other| one / other)
    }

    fn with(&self, other: &Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| combine(*one, *other)).collect())
    }
}

/// The median, and the least and the greatest.
impl Display for Sample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len() - 1;
        let median = f64::midpoint(sorted[last / 2], sorted[last.div_ceil(2)]);
        formatter.pad(&format!("{median:.2} ({:.2}..{:.2})", sorted[0], sorted[last]))
    }
}
