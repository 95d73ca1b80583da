//! Withdraws an entry that is stale.

use std::time::Instant;

use super::journal::Operation;
use super::protocol::{Command, Outcome};
use super::{FIRST_ANSWER, Remote};

/// The result of [`Remote::withdraw`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Withdrawn {
    /// The remote cache no longer has the entry.
    Done,
    /// The remote cache did not have it.
    Absent,
    /// This process may not write to the remote cache.
    ReadOnly,
}

impl Remote<'_> {
    /// Removes the entry of the artifact. Its packed files stay: other keys may have the same.
    pub(crate) fn withdraw(&mut self) -> Result<Withdrawn, String> {
        let begun = Instant::now();
        let asked = self.try_withdraw();
        self.spent += begun.elapsed();
        let (outcome, reason) = match &asked {
            Ok(Withdrawn::Done) => (Outcome::Done, None),
            Ok(Withdrawn::Absent) => (Outcome::Absent, None),
            Ok(Withdrawn::ReadOnly) => return asked,
            Err(reason) => (Outcome::Failed, Some(reason.as_str())),
        };
        self.journal.note(Operation::Withdraw, outcome, 0, begun.elapsed(), reason);
        asked
    }

    fn try_withdraw(&mut self) -> Result<Withdrawn, String> {
        if !self.helper(super::helper::after(FIRST_ANSWER))?.writable {
            return Ok(Withdrawn::ReadOnly);
        }
        let answer = self.ask(Command::Withdraw { name: self.name.clone() }, FIRST_ANSWER)?;
        match answer.outcome {
            Some(Outcome::Done) => Ok(Withdrawn::Done),
            Some(Outcome::Absent) => Ok(Withdrawn::Absent),
            _ => Err(answer.reason.unwrap_or_else(|| "the helper cannot withdraw entries".to_owned())),
        }
    }
}
