//! The summary of a run: one row for each artifact, and the sums.

use std::collections::BTreeMap;
use std::fmt;

use cached_smoke::{ArtifactReport, CacheReport, Outcome};
use comfy_table::Cell;
use serde::Serialize;

use crate::{output, table};

/// The shortest wait that counts, in seconds. Every lock takes some microseconds.
const MIN_WAIT: f64 = 0.01;

/// The artifacts of a run, each with the records of all its tests.
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
    /// The numbers that the build recorded.
    pub(crate) metrics: BTreeMap<String, f64>,
}

/// The sums over a run.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Sums {
    /// The number of tests with a record.
    pub(crate) tests: usize,
    /// The number of tests by the most notable outcome among their artifacts; tests without an artifact do not count.
    pub(crate) outcomes: BTreeMap<Outcome, usize>,
    /// The number of tests that waited for a build.
    pub(crate) waited: usize,
    /// The number of different artifacts, without those of skipped tests.
    pub(crate) artifacts: usize,
    /// The number of artifacts that were in the cache before the run. Counted per artifact: per test, a cold run of ten
    /// tests over one repository would seem to have nine hits.
    pub(crate) hits: usize,
    /// The time of all tests together, as for the other sums.
    pub(crate) rebuild_seconds: f64,
    pub(crate) restore_seconds: f64,
    pub(crate) wait_seconds: f64,
    pub(crate) saved_seconds: f64,
}

impl Sums {
    /// Returns the hit rate in whole percent; `None` for a run without artifacts.
    pub(crate) fn hit_percent(&self) -> Option<usize> {
        (self.hits * 100).checked_div(self.artifacts)
    }

    /// Returns the hit rate as a text.
    pub(crate) fn hit_rate(&self) -> String {
        self.hit_percent().map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"))
    }
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
            sums.waited += usize::from(report.wait_seconds() >= MIN_WAIT);
            for artifact in &report.artifacts {
                groups.entry((&report.repo, &artifact.artifact, &artifact.key)).or_default().push(artifact);
            }
        }
        let rows: Vec<Row> = groups.into_iter().map(|((repo, _, _), artifacts)| Row::new(repo, &artifacts)).collect();
        sums.artifacts = rows.iter().filter(|row| row.is_artifact() && row.outcome != Outcome::Skipped).count();
        sums.hits = rows.iter().filter(|row| row.is_hit()).count();
        Summary { rows, sums }
    }

    /// Returns `true` if the run used at least one artifact, and each was in the cache or the remote cache before the
    /// run.
    ///
    /// A test that was skipped for a missing artifact is a miss. Tests over a skipped repository use no artifact.
    pub(crate) fn is_all_hits(&self) -> bool {
        self.sums.hits > 0 && self.rows.iter().filter(|row| row.is_artifact()).all(Row::is_hit)
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn sums(&self) -> &Sums {
        &self.sums
    }
}

impl Row {
    /// Returns `true` if the artifact is known: a test may end before it requests any.
    fn is_artifact(&self) -> bool {
        !self.artifact.is_empty()
    }

    /// Returns `true` if the artifact was in the cache or the remote cache before the run.
    fn is_hit(&self) -> bool {
        matches!(self.outcome, Outcome::Hit | Outcome::Fetched)
    }

    fn new(repo: &str, artifacts: &[&ArtifactReport]) -> Row {
        let first = artifacts[0];
        let largest = |value: fn(&ArtifactReport) -> f64| artifacts.iter().map(|one| value(one)).fold(0.0, f64::max);
        // Tests that waited for a build have the outcome `shared`. The row shows that of the build.
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
            metrics: artifacts.iter().find(|one| !one.metrics.is_empty()).unwrap_or(decisive).metrics.clone(),
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
            return f.write_str(
                "no smoke test recorded anything: none ran (see the output of the runner, and `[test] args` in \
                 smoke.toml), or the cache directory is not writable",
            );
        }
        writeln!(f, "{}", table::table(&self.rows))?;
        writeln!(f, "restore and wait: the slowest test of each; saved: all tests together")?;
        for row in self.rows.iter().filter(|row| !row.reason.is_empty()) {
            let subject = [row.repo.as_str(), row.artifact.as_str()].join(" ");
            writeln!(f, "{}: {}: {}", subject.trim_end(), row.outcome, output::plain(&row.reason))?;
        }
        for row in self.rows.iter().filter(|row| !row.metrics.is_empty()) {
            let metrics = output::plain(&table::metrics(&row.metrics));
            writeln!(f, "{} {}: {metrics}", row.repo, row.artifact)?;
        }
        let Sums { tests, artifacts, hits, saved_seconds, wait_seconds, waited, outcomes, .. } = &self.sums;
        let mut counts: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
        if *waited > 0 {
            counts.push(format!("{waited} waited, {wait_seconds:.1} s in total"));
        }
        writeln!(f, "tests: {}", counts.join(", "))?;
        let rate = self.sums.hit_rate();
        write!(f, "hit rate: {rate} ({hits} of {artifacts} artifacts were in the cache before the run; ")?;
        write!(f, "{tests} tests; {saved_seconds:.1} s saved)")
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
    fn build_that_others_shared_is_one_miss() {
        let summary = Summary::new(&reports(&[
            ("django", "graph", Outcome::Shared),
            ("django", "graph", Outcome::Built),
            ("django", "index", Outcome::Hit),
        ]));
        assert_eq!((summary.sums().hits, summary.sums().artifacts), (1, 2));
        assert!(!summary.is_all_hits());
        let text = summary.to_string();
        assert!(
            text.contains("hit rate: 50 % (1 of 2 artifacts were in the cache before the run; 3 tests; "),
            "{text}"
        );
        let (table, _) = text.split_once("tests: ").expect("a line about the tests");
        assert!(table.contains("built") && table.contains("2.000") && !table.contains("shared"), "{text}");
        assert!(text.contains("tests: 1 hit, 1 shared, 1 built\n"), "{text}");
    }

    #[test]
    fn reason_cannot_control_the_terminal() {
        let mut reports = reports(&[("a", "graph", Outcome::Failed)]);
        reports[0].artifacts[0].reason = "\u{1b}[2Jgone\nand more".to_owned();
        let text = Summary::new(&reports).to_string();
        assert!(text.contains("a graph: failed:  [2Jgone and more\n") && !text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn metrics_have_a_line_for_each_artifact() {
        let mut reports =
            reports(&[("a", "graph", Outcome::Hit), ("a", "graph", Outcome::Hit), ("a", "b", Outcome::Hit)]);
        reports[1].artifacts[0].metrics = BTreeMap::from([("nodes".to_owned(), 3.0), ("overlap".to_owned(), 0.25)]);
        let text = Summary::new(&reports).to_string();
        let lines: Vec<&str> = text.lines().filter(|line| line.contains('=')).collect();
        assert_eq!(lines, ["a graph: nodes=3 overlap=0.25"], "{text}");
    }

    #[test]
    fn test_that_requested_nothing_is_no_artifact() {
        let summary = Summary::new(&reports(&[("a", "", Outcome::Interrupted), ("a", "graph", Outcome::Hit)]));
        assert_eq!((summary.sums().hits, summary.sums().artifacts, summary.sums().tests), (1, 1, 2));
    }

    #[test]
    fn skipped_tests_do_not_count_and_nothing_is_no_success() {
        let skipped = Summary::new(&reports(&[("a", "", Outcome::Skipped), ("b", "graph", Outcome::Hit)]));
        assert!(skipped.is_all_hits());
        assert!(!Summary::new(&reports(&[("a", "", Outcome::Skipped)])).is_all_hits());
        let missed = Summary::new(&reports(&[("a", "graph", Outcome::Skipped), ("b", "graph", Outcome::Hit)]));
        assert!(!missed.is_all_hits(), "it was skipped because of a miss");
        assert!(!Summary::new(&[]).is_all_hits());
    }
}
