//! The requests of a run to the remote cache.

use cached_smoke::tooling::units::Size;
use std::fmt;

use cached_smoke::tooling::remote::{Asked, Operation, Outcome};

use crate::duration::duration;
use crate::output::plain;

/// The sums over the requests of a run. Displayed as one line.
pub(crate) struct Traffic {
    /// The number of artifacts, and their bytes.
    fetched: (usize, u64),
    uploaded: (usize, u64),
    errors: usize,
    built_twice: usize,
    seconds: f64,
    /// The first error.
    error: Option<String>,
}

impl Traffic {
    /// Returns the sums; `None` for a run without requests.
    pub(crate) fn of(asked: &[Asked]) -> Option<Traffic> {
        let sum = |operation: Operation| {
            let done = asked.iter().filter(|one| (one.operation, one.outcome) == (operation, Outcome::Done));
            let accepted = done.filter(|one| operation != Operation::Fetch || !is_refused(one, asked));
            accepted.fold((0, 0_u64), |(count, bytes), one| (count + 1, bytes.saturating_add(one.bytes)))
        };
        (!asked.is_empty()).then(|| Traffic {
            fetched: sum(Operation::Fetch),
            uploaded: sum(Operation::Share),
            errors: asked.iter().filter(|one| one.is_failure()).count(),
            built_twice: asked.iter().filter(|one| one.operation == Operation::Release).count(),
            seconds: asked.iter().map(|one| one.seconds).sum(),
            error: asked.iter().find_map(Asked::failure).map(str::to_owned),
        })
    }
}

/// Returns `true` if the check of a fetched artifact failed.
fn is_refused(fetched: &Asked, asked: &[Asked]) -> bool {
    let subject = |one: &Asked| (one.pid, one.repo.clone(), one.key.clone(), one.artifact.clone());
    asked.iter().any(|one| one.operation == Operation::Check && subject(one) == subject(fetched))
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Traffic { fetched, uploaded, errors, built_twice, seconds, error } = self;
        let size = |bytes| Size(bytes);
        write!(f, "remote cache: {} fetched ({}), ", fetched.0, size(fetched.1))?;
        write!(f, "{} uploaded ({}), {errors} errors, {}", uploaded.0, size(uploaded.1), duration(*seconds))?;
        if *built_twice > 0 {
            write!(f, ", {built_twice} built twice")?;
        }
        error.as_ref().map_or(Ok(()), |error| write!(f, ": {}", plain(error)))
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
        .expect("a request")
    }

    #[test]
    fn run_without_requests_has_no_traffic() {
        assert!(Traffic::of(&[]).is_none());
    }

    #[test]
    fn refused_artifact_does_not_count_as_fetched() {
        let asked = [
            asked("graph", "fetch", "done", None),
            asked("index", "fetch", "done", None),
            asked("index", "check", "refused", Some("other\nbytes")),
            asked("index", "share", "done", None),
            asked("index", "release", "absent", None),
        ];
        let line = Traffic::of(&asked).expect("requests").to_string();
        let expected =
            "remote cache: 1 fetched (1.5 KiB), 1 uploaded (1.5 KiB), 1 errors, 2.5 s, 1 built twice: other bytes";
        assert_eq!(line, expected);
    }
}
