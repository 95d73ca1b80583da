//! Takes and releases the lease of an artifact: one machine builds it, the others wait.

use std::time::{Duration, Instant};

use super::helper::{Wait, after};
use super::journal::Operation;
use super::protocol::{Answer, Command, Outcome};
use super::{FIRST_ANSWER, LAST_ANSWER, Remote};
use crate::units;

/// The silence after which a helper is considered to hang. A helper that waits for another machine writes a line every
/// 5 seconds.
const SILENCE: Duration = Duration::from_secs(15);
/// The time between progress messages.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// The maximum wait for a build of another machine, also if building takes longer.
///
/// It is longer than every measured build (Django in a debug build: 507 s of CPU). A limit is needed because every
/// machine with write access can hold a lease without building.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);

/// The result of a request for the lease of an artifact.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LeaseResult {
    /// This machine builds the artifact.
    Ours,
    /// Another machine has published the artifact.
    Published,
}

impl Remote<'_> {
    /// Takes the lease, or waits while another machine builds the artifact. `progress` receives a description of the
    /// wait.
    pub(crate) fn lease(&mut self, limit: Duration, progress: &mut dyn FnMut(&str)) -> LeaseResult {
        if self.is_dead {
            return LeaseResult::Ours;
        }
        let begun = Instant::now();
        let limit = self.left(limit.min(LONGEST_WAIT));
        let milliseconds = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let lease = Command::Lease { name: self.name.clone(), limit: milliseconds };
        // The helper observes the limit itself. A helper that does not answer in time hangs.
        let wait =
            Wait { first: after(FIRST_ANSWER), silence: SILENCE, deadline: after(limit.saturating_add(LAST_ANSWER)) };
        let mut told: Option<Instant> = None;
        let asked = self.ask_telling(lease, &wait, &mut |what| {
            // The helper may write lines more often.
            if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
                told = Some(Instant::now());
                progress(what);
            }
        });
        self.spent += begun.elapsed();
        self.waited += begun.elapsed();
        let (outcome, reason) = match asked {
            // The other machine builds for longer than any build takes, or holds the lease without building.
            Ok(Answer { outcome: Some(Outcome::TimedOut), .. }) if self.settings.budget.is_none() => {
                let reason = format!("another machine was still building after {}", units::elapsed(limit));
                (Outcome::Failed, Some(reason))
            }
            Ok(answer) => (answer.outcome.unwrap_or(Outcome::Failed), None),
            Err(reason) => (Outcome::Failed, Some(reason)),
        };
        self.journal.note(Operation::Lease, outcome, 0, begun.elapsed(), reason.as_deref());
        if let Some(reason) = reason {
            self.failed(&reason);
        }
        self.leased = outcome == Outcome::Held;
        if outcome == Outcome::Found { LeaseResult::Published } else { LeaseResult::Ours }
    }
}

impl Drop for Remote<'_> {
    fn drop(&mut self) {
        // A killed helper has released the lease, or other machines detect that the lease is lost.
        if !self.leased || self.helper.is_none() {
            return;
        }
        let begun = Instant::now();
        let release = Command::Release { name: self.name.clone() };
        if let Ok(Answer { outcome: Some(Outcome::Absent), .. }) = self.ask(release, LAST_ANSWER) {
            let reason = "another machine has taken the lease over: two machines have built the artifact";
            self.journal.note(Operation::Release, Outcome::Absent, 0, begun.elapsed(), Some(reason));
        }
    }
}
