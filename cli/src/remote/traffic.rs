//! What a run had to do with the shared tier.

use std::fmt;

use bytesize::ByteSize;
use cached_smoke::tooling::remote::{Asked, Operation, Outcome};

use crate::output::plain;

/// Its sums.
#[derive(Default)]
pub(crate) struct Traffic {
    fetched: Transfers,
    shared: Transfers,
    errors: usize,
    built_twice: usize,
    seconds: f64,
    /// The first thing that went wrong.
    error: Option<String>,
}

#[derive(Default)]
struct Transfers {
    artifacts: usize,
    bytes: u64,
}

impl Traffic {
    /// Nothing of a run that had nothing to do with it.
    pub(crate) fn of(asked: &[Asked]) -> Option<Traffic> {
        let transfers = |operation: Operation| {
            let mut transfers = Transfers::default();
            for one in asked.iter().filter(|one| (one.operation, one.outcome) == (operation, Outcome::Done)) {
                if operation == Operation::Fetch && is_rejected(one, asked) {
                    continue;
                }
                transfers.artifacts += 1;
                transfers.bytes = transfers.bytes.saturating_add(one.bytes);
            }
            transfers
        };
        (!asked.is_empty()).then(|| Traffic {
            fetched: transfers(Operation::Fetch),
            shared: transfers(Operation::Share),
            errors: asked.iter().filter(|one| one.is_failure()).count(),
            built_twice: asked.iter().filter(|one| one.operation == Operation::Release).count(),
            seconds: asked.iter().map(|one| one.seconds).sum(),
            error: asked.iter().find_map(Asked::failure).map(str::to_owned),
        })
    }
}

/// Whether what was fetched turned out to be something else.
fn is_rejected(fetched: &Asked, asked: &[Asked]) -> bool {
    let subject = |one: &Asked| (one.pid, one.repo.clone(), one.key.clone(), one.artifact.clone());
    asked.iter().any(|one| one.operation == Operation::Check && subject(one) == subject(fetched))
}

impl fmt::Display for Transfers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", ByteSize(self.bytes).display().si())
    }
}

/// In one line.
impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Traffic { fetched, shared, errors, built_twice, seconds, error } = self;
        write!(
            f,
            "shared tier: {} fetched {fetched}, {} shared {shared}, {errors} errors, {seconds:.1} s",
            fetched.artifacts, shared.artifacts
        )?;
        if *built_twice > 0 {
            write!(f, ", {built_twice} built twice")?;
        }
        match error {
            Some(error) => write!(f, ": {}", plain(error)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(artifact: &str, operation: &str, outcome: &str, reason: Option<&str>) -> Asked {
        serde_json::from_value(serde_json::json!({
            "repo": "django", "artifact": artifact, "pid": 1, "operation": operation, "outcome": outcome,
            "bytes": 1500, "seconds": 0.5, "reason": reason,
        }))
        .expect("it is one")
    }

    #[test]
    fn a_run_that_asked_nothing_has_none() {
        assert!(Traffic::of(&[]).is_none());
    }

    #[test]
    fn what_turned_out_to_be_something_else_was_not_fetched() {
        let asked = [
            asked("graph", "fetch", "done", None),
            asked("index", "fetch", "done", None),
            asked("index", "check", "refused", Some("other\nbytes")),
            asked("index", "share", "done", None),
            asked("index", "release", "absent", None),
        ];
        let line = Traffic::of(&asked).expect("something was asked").to_string();
        let expected =
            "shared tier: 1 fetched (1.5 kB), 1 shared (1.5 kB), 1 errors, 2.5 s, 1 built twice: other bytes";
        assert_eq!(line, expected);
    }
}
