//! Misses, counted by reason.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use cached_smoke::Outcome;
use cached_smoke::tooling::NO_REPO;

use crate::report::{Row, Summary};

/// The misses with one kind of reason.
#[derive(Debug, PartialEq)]
pub(super) struct Misses {
    /// The common part of their reasons.
    pub(super) reason: String,
    pub(super) count: usize,
    /// The artifacts with the rest of their reasons, and the number of times; the most frequent first.
    pub(super) details: Vec<(String, usize)>,
}

/// Returns the misses of all runs, the most frequent reason first. An artifact counts once in a run, as in the hit
/// rate.
pub(super) fn of(summaries: &[&Summary]) -> Vec<Misses> {
    let mut groups: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for row in summaries.iter().flat_map(|summary| summary.rows()).filter(|row| is_miss(row)) {
        let (reason, detail) = split(row);
        *groups.entry(reason).or_default().entry(detail).or_default() += 1;
    }
    let mut misses: Vec<Misses> = groups
        .into_iter()
        .map(|(reason, details)| {
            let mut details: Vec<(String, usize)> = details.into_iter().collect();
            details.sort_by_key(|(_, count)| Reverse(*count));
            Misses { reason, count: details.iter().map(|(_, count)| count).sum(), details }
        })
        .collect();
    misses.sort_by_key(|misses| Reverse(misses.count));
    misses
}

/// Returns `true` for a miss as the hit rate counts it, which does not count skipped artifacts.
fn is_miss(row: &Row) -> bool {
    !matches!(row.outcome, Outcome::Hit | Outcome::Fetched | Outcome::Skipped)
}

/// Splits a reason into its kind and its subject.
///
/// The kind of `code changed: src` stands before the colon. The message of a failure has no such form.
fn split(row: &Row) -> (String, String) {
    let configuration = if row.configuration.is_empty() { String::new() } else { format!(" ({})", row.configuration) };
    let subject = match row.artifact.as_str() {
        "" => row.repo.clone(),
        artifact if row.repo == NO_REPO => format!("{artifact}{configuration}"),
        artifact => format!("{artifact} of {}{configuration}", row.repo),
    };
    let reason = row.reason.trim();
    let (common, rest) = match row.outcome {
        Outcome::Failed | Outcome::Interrupted => (row.outcome.to_string(), reason),
        _ if reason.is_empty() => (format!("{}, without a reason", row.outcome), ""),
        _ => match reason.split_once(": ") {
            Some((common, rest)) => (common.to_owned(), rest),
            None => (reason.to_owned(), ""),
        },
    };
    (common, if rest.is_empty() { subject } else { format!("{subject}: {rest}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(rows: &[(&str, &str, &str)]) -> Summary {
        summary_over("django", rows)
    }

    fn summary_over(repo: &str, rows: &[(&str, &str, &str)]) -> Summary {
        let report = |(artifact, outcome, reason): &(&str, &str, &str)| {
            serde_json::from_value(serde_json::json!({
                "run": "r", "test": "t", "binary": "b", "pid": 1, "time": 1, "repo": repo,
                "artifacts": [{
                    "artifact": artifact, "outcome": outcome, "reason": reason, "key": "k", "bytes": 1,
                    "rebuild_seconds": 1.0, "restore_seconds": 0.5, "wait_seconds": 0.0,
                }],
            }))
            .expect("a report")
        };
        Summary::new(&rows.iter().map(report).collect::<Vec<_>>())
    }

    #[test]
    fn artifact_without_a_repository_is_named_alone() {
        for (repo, expected) in [("django", "model of django"), (NO_REPO, "model")] {
            let summary = summary_over(repo, &[("model", "built", "first build")]);
            assert_eq!(of(&[&summary])[0].details, [(expected.to_owned(), 1)]);
        }
    }

    #[test]
    fn reasons_are_grouped_by_kind() {
        let first = summary(&[("graph", "built", "first build"), ("graph", "shared", ""), ("index", "hit", "")]);
        let second = summary(&[("graph", "built", "code changed: src"), ("index", "built", "code changed: tests")]);
        let third = summary(&[
            ("graph", "built", "code changed: src"),
            ("", "skipped", "named by SMOKE_LEAVE_OUT"),
            ("x", "failed", "a: b"),
        ]);
        let misses = of(&[&first, &second, &third]);
        let group = |reason: &str, count, details: &[(&str, usize)]| Misses {
            reason: reason.to_owned(),
            count,
            details: details.iter().map(|(detail, count)| ((*detail).to_owned(), *count)).collect(),
        };
        assert_eq!(
            misses,
            [
                group("code changed", 3, &[("graph of django: src", 2), ("index of django: tests", 1)]),
                group("failed", 1, &[("x of django: a: b", 1)]),
                group("first build", 1, &[("graph of django", 1)]),
            ]
        );
        let built = |summary: &Summary| summary.sums().artifacts - summary.sums().hits;
        assert_eq!(
            misses.iter().map(|misses| misses.count).sum::<usize>(),
            [&first, &second, &third].map(built).iter().sum::<usize>(),
            "as in the hit rate"
        );
    }
}
