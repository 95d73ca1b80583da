//! One machine builds, and the others wait for it.

use std::time::{Duration, Instant};

use super::helper::{Wait, after};
use super::journal::Operation;
use super::protocol::{Answer, Command, Outcome};
use super::{FIRST_ANSWER, LAST_ANSWER, Remote};
use crate::message;

/// A helper that waits for another machine says so every 5 seconds; one that says nothing hangs.
const SILENCE: Duration = Duration::from_secs(15);
/// How often people are told what is waited for.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// For another machine's build, whatever it is worth: longer than any that was measured (Django in a debug build: 507 s of CPU). Whoever can
/// write there can pretend to build.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// Who builds an artifact, of all machines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LeaseResult {
    /// This one.
    Ours,
    /// Another has built it.
    Published,
}

impl Remote<'_> {
    /// Waits while another machine builds it. `progress` is told what is waited for.
    pub(crate) fn lease(&mut self, limit: Duration, progress: &mut dyn FnMut(&str)) -> LeaseResult {
        if self.is_dead {
            return LeaseResult::Ours;
        }
        let begun = Instant::now();
        let limit = self.left(limit.min(LONGEST_WAIT));
        let milliseconds = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let lease = Command::Lease { name: self.name.clone(), limit: milliseconds };
        // The helper keeps to the limit by itself; if it does not, it hangs.
        let wait =
            Wait { first: after(FIRST_ANSWER), silence: SILENCE, deadline: after(limit.saturating_add(LAST_ANSWER)) };
        let mut told: Option<Instant> = None;
        let asked = self.ask_telling(lease, &wait, &mut |what| {
            // However often it says so.
            if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
                told = Some(Instant::now());
                progress(what);
            }
        });
        self.spent += begun.elapsed();
        self.waited += begun.elapsed();
        let (outcome, reason) = match asked {
            // Somebody who is at it for longer than anything takes, or who only says so.
            Ok(Answer { outcome: Some(Outcome::TimedOut), .. }) if self.settings.budget.is_none() => {
                (Outcome::Failed, Some(format!("another machine was still at it after {}", message::seconds(limit))))
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
        // One that was killed has given the lease back, or it will be found lost.
        if !self.leased || self.helper.is_none() {
            return;
        }
        let begun = Instant::now();
        let release = Command::Release { name: self.name.clone() };
        if let Ok(Answer { outcome: Some(Outcome::Absent), .. }) = self.ask(release, LAST_ANSWER) {
            let reason = "another machine has taken it over: two have built it";
            self.journal.note(Operation::Release, Outcome::Absent, 0, begun.elapsed(), Some(reason));
        }
    }
}
