//! What the cache did in a run, one line per artifact.

use std::collections::BTreeMap;
use std::fmt;

use cached_smoke::{ArtifactReport, CacheReport, Outcome};
use comfy_table::Cell;
use serde::Serialize;

use crate::output;
use crate::report::rate;
use crate::table;

/// Seconds: every lock takes some microseconds.
const NOTABLE_WAIT: f64 = 0.01;

/// A run's artifacts, each with all that its tests reported.
#[derive(Debug)]
pub(crate) struct Summary {
    rows: Vec<Row>,
    sums: Sums,
}

/// One artifact.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) repo: String,
    pub(crate) artifact: String,
    pub(crate) outcome: Outcome,
    pub(crate) rebuild_seconds: f64,
    pub(crate) restore_seconds: f64,
    pub(crate) wait_seconds: f64,
    pub(crate) saved_seconds: f64,
    pub(crate) key: String,
    pub(crate) reason: String,
}

/// All of it in numbers.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Sums {
    /// How many tests reported.
    pub(crate) tests: usize,
    /// How many of them by the most notable outcome among their artifacts; a test that asked for none is not among them.
    pub(crate) outcomes: BTreeMap<Outcome, usize>,
    /// How many of them waited for a build.
    pub(crate) waited: usize,
    /// How many different artifacts they asked for, but for those of tests that were skipped.
    pub(crate) artifacts: usize,
    /// How many of those were there before the run. Counted per artifact: per test, a cold run of ten tests over one
    /// repository would seem to have hit nine times.
    pub(crate) hits: usize,
    /// Spent by all tests together, as the others.
    pub(crate) rebuild_seconds: f64,
    pub(crate) restore_seconds: f64,
    pub(crate) wait_seconds: f64,
    pub(crate) saved_seconds: f64,
}

impl Summary {
    pub(crate) fn new(reports: &[CacheReport]) -> Summary {
        let mut groups: BTreeMap<(&str, &str, &str), Vec<&ArtifactReport>> = BTreeMap::new();
        let mut sums = Sums { tests: reports.len(), ..Sums::default() };
        for report in reports {
            sums.rebuild_seconds += report.rebuild_seconds();
            sums.restore_seconds += report.restore_seconds();
            sums.wait_seconds += report.wait_seconds();
            sums.saved_seconds += report.saved_seconds();
            if let Some(outcome) = report.outcome() {
                *sums.outcomes.entry(outcome).or_default() += 1;
            }
            sums.waited += usize::from(report.wait_seconds() >= NOTABLE_WAIT);
            for artifact in &report.artifacts {
                groups.entry((&report.repo, &artifact.artifact, &artifact.key)).or_default().push(artifact);
            }
        }
        let rows: Vec<Row> = groups.into_iter().map(|((repo, _, _), artifacts)| Row::new(repo, &artifacts)).collect();
        sums.artifacts = rows.iter().filter(|row| row.is_artifact() && row.outcome != Outcome::Skipped).count();
        sums.hits = rows.iter().filter(|row| row.was_there()).count();
        Summary { rows, sums }
    }

    /// Whether at least one artifact was used, and each that was asked for was in the cache, or in the shared tier, before the run. One that a test was skipped
    /// for was not; the tests over a repository that was left out asked for none.
    pub(crate) fn is_all_hits(&self) -> bool {
        self.sums.hits > 0 && self.rows.iter().filter(|row| row.is_artifact()).all(Row::was_there)
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn sums(&self) -> Sums {
        self.sums.clone()
    }
}

impl Row {
    /// Whether it is known which one: a test may end before it asks for any.
    fn is_artifact(&self) -> bool {
        !self.artifact.is_empty()
    }

    /// Whether it was in the cache, or in the shared tier behind it, before the run.
    fn was_there(&self) -> bool {
        matches!(self.outcome, Outcome::Hit | Outcome::Fetched)
    }

    fn new(repo: &str, artifacts: &[&ArtifactReport]) -> Row {
        let first = artifacts[0];
        let largest = |value: fn(&ArtifactReport) -> f64| artifacts.iter().map(|one| value(one)).fold(0.0, f64::max);
        // Whoever waited for a build `shared` it; the row tells of the build.
        let decisive = artifacts.iter().max_by_key(|one| one.outcome).unwrap_or(&artifacts[0]);
        Row {
            repo: repo.to_owned(),
            artifact: first.artifact.clone(),
            outcome: decisive.outcome,
            rebuild_seconds: artifacts.iter().map(|one| one.rebuild_seconds).sum(),
            restore_seconds: largest(|one| one.restore_seconds),
            wait_seconds: largest(|one| one.wait_seconds),
            saved_seconds: artifacts.iter().map(|one| one.saved_seconds()).sum(),
            key: first.key.clone(),
            reason: decisive.reason.clone(),
        }
    }
}

impl table::Row for Row {
    const HEADERS: &'static [&'static str] =
        &["repo", "artifact", "outcome", "rebuild_seconds", "restore_seconds", "wait_seconds", "saved_seconds", "key"];

    fn cells(&self) -> Vec<Cell> {
        let is_good = match self.outcome {
            Outcome::Hit | Outcome::Fetched | Outcome::Shared => Some(true),
            Outcome::Failed | Outcome::Interrupted => Some(false),
            _ => None,
        };
        vec![
            Cell::new(&self.repo),
            table::text(&self.artifact),
            table::state(&self.outcome.to_string(), is_good),
            table::seconds(self.rebuild_seconds),
            table::seconds(self.restore_seconds),
            table::seconds(self.wait_seconds),
            table::seconds(self.saved_seconds),
            table::text(&self.key),
        ]
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return f.write_str("no smoke test reported anything: none ran (see the runner's output, and `[test] args` in smoke.toml), or \
                 the cache directory cannot be written to");
        }
        writeln!(f, "{}", table::table(&self.rows))?;
        writeln!(f, "restore and wait: the slowest test of each; saved: of all tests")?;
        for row in self.rows.iter().filter(|row| !row.reason.is_empty()) {
            let subject = [row.repo.as_str(), row.artifact.as_str()].join(" ");
            writeln!(f, "{}: {}: {}", subject.trim_end(), row.outcome, output::plain(&row.reason))?;
        }
        let Sums { tests, artifacts, hits, saved_seconds, wait_seconds, waited, outcomes, .. } = &self.sums;
        let mut told: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
        if *waited > 0 {
            told.push(format!("{waited} waited, {wait_seconds:.1} s in all"));
        }
        writeln!(f, "tests: {}", told.join(", "))?;
        write!(
            f,
            "hit rate: {} ({hits} of {artifacts} artifacts were there before the run; {tests} tests; {saved_seconds:.1} s saved)",
            rate(*hits, *artifacts)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports(outcomes: &[(&str, &str, Outcome)]) -> Vec<CacheReport> {
        outcomes
            .iter()
            .map(|(repo, artifact, outcome)| {
                let text = serde_json::json!({
                    "run": "r", "test": "t", "binary": "b", "pid": 1, "time": 1, "repo": repo,
                    "artifacts": [{
                        "artifact": artifact, "outcome": outcome, "reason": "", "key": "k", "bytes": 1,
                        "rebuild_seconds": if outcome.is_miss() { 2.0 } else { 0.0 },
                        "restore_seconds": 0.5, "wait_seconds": 0.0,
                    }],
                });
                serde_json::from_value(text).expect("a report")
            })
            .collect()
    }

    #[test]
    fn a_build_that_others_shared_is_one_miss() {
        let summary = Summary::new(&reports(&[
            ("django", "graph", Outcome::Shared),
            ("django", "graph", Outcome::Built),
            ("django", "index", Outcome::Hit),
        ]));
        assert_eq!((summary.sums().hits, summary.sums().artifacts), (1, 2));
        assert!(!summary.is_all_hits());
        let text = summary.to_string();
        assert!(text.contains("hit rate: 50 % (1 of 2 artifacts were there before the run; 3 tests; "), "{text}");
        let (table, _) = text.split_once("tests: ").expect("a line about the tests");
        assert!(table.contains("built") && table.contains("2.000") && !table.contains("shared"), "{text}");
        assert!(text.contains("tests: 1 hit, 1 shared, 1 built\n"), "{text}");
    }

    #[test]
    fn a_reason_does_not_command_the_terminal() {
        let mut reports = reports(&[("a", "graph", Outcome::Failed)]);
        reports[0].artifacts[0].reason = "\u{1b}[2Jgone\nand more".to_owned();
        let text = Summary::new(&reports).to_string();
        assert!(text.contains("a graph: failed:  [2Jgone and more\n") && !text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn a_test_that_ended_before_it_asked_for_anything_is_no_artifact() {
        let summary = Summary::new(&reports(&[("a", "", Outcome::Interrupted), ("a", "graph", Outcome::Hit)]));
        assert_eq!((summary.sums().hits, summary.sums().artifacts, summary.sums().tests), (1, 1, 2));
    }

    #[test]
    fn what_was_skipped_does_not_count_and_nothing_is_no_success() {
        let skipped = Summary::new(&reports(&[("a", "", Outcome::Skipped), ("b", "graph", Outcome::Hit)]));
        assert!(skipped.is_all_hits());
        assert!(!Summary::new(&reports(&[("a", "", Outcome::Skipped)])).is_all_hits());
        let missed = Summary::new(&reports(&[("a", "graph", Outcome::Skipped), ("b", "graph", Outcome::Hit)]));
        assert!(!missed.is_all_hits(), "it was skipped because it was not there");
        assert!(!Summary::new(&[]).is_all_hits());
    }
}
