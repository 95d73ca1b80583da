//! The numbers of a run: one row for each artifact, and the sums.

use std::collections::BTreeMap;

use cached_smoke::tooling::{NO_REPO, StoredArtifact};
use cached_smoke::{Activity, ArtifactReport, CacheReport, Outcome};
use serde::Serialize;

use crate::configuration;
#[cfg(test)]
use crate::schema::library;

/// The shortest wait that counts, in seconds. Every lock takes some microseconds.
const MIN_WAIT: f64 = 0.01;
/// The number of digits that tell two keys of one run apart.
const KEY_DIGITS: usize = 8;

/// The artifacts of a run, each with the records of all its tests.
#[derive(Debug)]
pub(crate) struct Summary {
    rows: Vec<Row>,
    sums: Sums,
    built: Built,
}

/// The artifacts that a run built and published.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Built {
    pub(crate) artifacts: usize,
    /// The time during which at least one of them was built.
    pub(crate) elapsed_seconds: f64,
    /// The time to restore each of them once, as its slowest test did.
    pub(crate) restore_seconds: f64,
}

/// The artifacts that were in the cache before a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restored {
    /// The time to restore each of them once, as its slowest test did.
    pub(crate) seconds: f64,
    /// The time that they saved all tests together.
    pub(crate) saved_seconds: f64,
}

/// One artifact.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Row"))]
pub(crate) struct Row {
    pub(crate) repo: String,
    pub(crate) artifact: String,
    /// The difference from other configurations of the artifact in this run; empty if it has one configuration.
    pub(crate) configuration: String,
    #[cfg_attr(test, schemars(with = "library::Outcome"))]
    pub(crate) outcome: Outcome,
    /// The time of all tests together.
    pub(crate) rebuild_seconds: f64,
    /// The time of the slowest test.
    pub(crate) restore_seconds: f64,
    /// The time of the test that waited longest.
    pub(crate) wait_seconds: f64,
    /// The time of all tests together.
    pub(crate) saved_seconds: f64,
    pub(crate) key: String,
    pub(crate) reason: String,
    /// The numbers that the build recorded.
    pub(crate) metrics: BTreeMap<String, f64>,
}

/// The sums over a run.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Sums {
    /// The number of tests with a record. A test that the runner repeats counts once, with its last attempt.
    pub(crate) tests: usize,
    /// The number of tests by the most notable outcome among their artifacts.
    #[cfg_attr(test, schemars(with = "BTreeMap<library::Outcome, usize>"))]
    pub(crate) outcomes: BTreeMap<Outcome, usize>,
    /// The number of tests that requested no artifact. With the outcomes they add up to all tests.
    pub(crate) without_artifacts: usize,
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

impl Sums {
    /// Counts the tests, and nothing else.
    fn of_tests(reports: &[CacheReport]) -> Sums {
        let mut tests: BTreeMap<(&str, &str), Vec<&CacheReport>> = BTreeMap::new();
        for report in reports {
            tests.entry((&report.binary, &report.test)).or_default().push(report);
        }
        let mut sums = Sums { tests: tests.len(), ..Sums::default() };
        for records in tests.values() {
            // A runner repeats a failed test in a new process. In one process, a test may open several sessions.
            let last = records.last().map(|report| report.pid);
            let attempt = records.iter().filter(|report| Some(report.pid) == last);
            match attempt.filter_map(|report| report.outcome()).max() {
                Some(outcome) => *sums.outcomes.entry(outcome).or_default() += 1,
                None => sums.without_artifacts += 1,
            }
            sums.waited += usize::from(records.iter().any(|report| report.wait_seconds() >= MIN_WAIT));
        }
        sums
    }
}

impl Built {
    fn of<'a>(rows: impl Iterator<Item = (&'a Row, &'a Vec<&'a ArtifactReport>)>) -> Built {
        let mut built = Built::default();
        let (mut spans, mut unknown) = (Vec::new(), 0.0);
        for (row, artifacts) in rows.filter(|(row, _)| matches!(row.outcome, Outcome::Built | Outcome::Forced)) {
            built.artifacts += 1;
            built.restore_seconds += row.restore_seconds;
            let before = spans.len();
            let of_row = artifacts.iter().flat_map(|one| &one.spans);
            spans.extend(of_row.filter(|span| span.activity == Activity::Build).map(|span| {
                let begun = std::time::Duration::from_micros(span.begun_micros).as_secs_f64();
                (begun, begun + span.seconds)
            }));
            if spans.len() == before {
                // An earlier version wrote the record.
                unknown += row.rebuild_seconds;
            }
        }
        built.elapsed_seconds = covered(spans) + unknown;
        built
    }
}

/// Returns `true` if an artifact with this outcome was in the cache or the remote cache before the run.
pub(crate) fn is_hit(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Hit | Outcome::Fetched)
}

/// Returns the length of the union of some intervals.
fn covered(mut intervals: Vec<(f64, f64)>) -> f64 {
    intervals.sort_by(|left, right| left.0.total_cmp(&right.0));
    let (mut length, mut end) = (0.0, f64::NEG_INFINITY);
    for (from, to) in intervals {
        if to > end {
            length += to - from.max(end);
            end = to;
        }
    }
    length
}

impl Summary {
    pub(crate) fn new(reports: &[CacheReport]) -> Summary {
        let mut groups: BTreeMap<(&str, &str, &str), Vec<&ArtifactReport>> = BTreeMap::new();
        let mut sums = Sums::of_tests(reports);
        for report in reports {
            sums.rebuild_seconds += report.rebuild_seconds();
            sums.restore_seconds += report.restore_seconds();
            sums.wait_seconds += report.wait_seconds();
            sums.saved_seconds += report.saved_seconds();
            for artifact in &report.artifacts {
                groups.entry((&report.repo, &artifact.artifact, &artifact.key)).or_default().push(artifact);
            }
        }
        let rows: Vec<Row> = groups.iter().map(|((repo, _, _), artifacts)| Row::new(repo, artifacts)).collect();
        sums.artifacts = rows.iter().filter(|row| row.is_artifact() && row.outcome != Outcome::Skipped).count();
        sums.hits = rows.iter().filter(|row| row.is_hit()).count();
        let built = Built::of(rows.iter().zip(groups.values()));
        Summary { rows, sums, built }
    }

    /// Describes the configurations of artifacts that the run used in several, by their manifests. Without a manifest,
    /// the digits of the key differ.
    pub(crate) fn with_configurations(mut self, stored: &[StoredArtifact]) -> Summary {
        let inputs = |row: &Row| {
            let mut same = stored.iter().filter(|one| one.repo == row.repo && one.artifact == row.artifact);
            same.find(|one| one.key() == row.key)?.manifest.as_ref().ok().map(|made| &made.key_inputs[..])
        };
        let known: Vec<_> = self.rows.iter().map(|row| (&*row.repo, &*row.artifact, inputs(row))).collect();
        let mut differences = configuration::differences(&known);
        for (index, difference) in differences.iter_mut().enumerate() {
            let row = &self.rows[index];
            let is_same = |other: &&Row| (&other.repo, &other.artifact) == (&row.repo, &row.artifact);
            if difference.is_empty() && row.is_artifact() && self.rows.iter().filter(is_same).count() > 1 {
                let digest = row.key.rsplit(':').next().unwrap_or_default();
                *difference = format!("key {}", digest.chars().take(KEY_DIGITS).collect::<String>());
            }
        }
        for (row, difference) in self.rows.iter_mut().zip(differences) {
            row.configuration = difference;
        }
        self
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

    pub(crate) fn built(&self) -> Built {
        self.built
    }

    pub(crate) fn restored(&self) -> Restored {
        let hits = || self.rows.iter().filter(|row| row.is_hit());
        Restored {
            seconds: hits().map(|row| row.restore_seconds).sum(),
            saved_seconds: hits().map(|row| row.saved_seconds).sum(),
        }
    }
}

impl Row {
    /// Returns `true` if the artifact is known: a test may end before it requests any.
    fn is_artifact(&self) -> bool {
        !self.artifact.is_empty()
    }

    /// Returns `true` if the artifact was in the cache or the remote cache before the run.
    pub(crate) fn is_hit(&self) -> bool {
        is_hit(self.outcome)
    }

    /// Returns `true` if a test waited for the artifact for longer than every lock takes.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.wait_seconds >= MIN_WAIT
    }

    /// Returns the names of the repository, the artifact and the configuration, as far as they exist.
    pub(crate) fn subject(&self) -> String {
        let repo = Some(self.repo.as_str()).filter(|repo| *repo != NO_REPO || !self.is_artifact());
        let configuration = Some(format!("({})", self.configuration)).filter(|_| !self.configuration.is_empty());
        let names =
            repo.into_iter().chain(self.is_artifact().then_some(&*self.artifact)).chain(configuration.as_deref());
        names.collect::<Vec<_>>().join(" ")
    }

    fn new(repo: &str, artifacts: &[&ArtifactReport]) -> Row {
        let first = artifacts[0];
        let largest = |value: fn(&ArtifactReport) -> f64| artifacts.iter().map(|one| value(one)).fold(0.0, f64::max);
        // Tests that waited for a build have the outcome `shared`. The row shows that of the build.
        let decisive = artifacts.iter().max_by_key(|one| one.outcome).unwrap_or(&artifacts[0]);
        Row {
            repo: repo.to_owned(),
            artifact: first.artifact.clone(),
            configuration: String::new(),
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Returns the report of one test for each repository, artifact and outcome.
    pub(crate) fn reports(outcomes: &[(&str, &str, Outcome)]) -> Vec<CacheReport> {
        outcomes
            .iter()
            .enumerate()
            .map(|(number, (repo, artifact, outcome))| {
                let text = serde_json::json!({
                    "run": "r", "test": format!("t{number}"), "binary": "b", "pid": 1, "time": 1, "repo": repo,
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
        assert_eq!((summary.rows()[0].outcome, summary.rows()[1].outcome), (Outcome::Built, Outcome::Hit));
    }

    #[test]
    fn counts_add_up_to_the_number_of_tests() {
        let mut reports =
            reports(&[("a", "graph", Outcome::Failed), ("a", "graph", Outcome::Built), ("a", "b", Outcome::Hit)]);
        // The runner has repeated the first test, and it was a hit then.
        let mut again = reports[2].clone();
        (again.test, again.pid) = (reports[0].test.clone(), 2);
        reports.push(again);
        let mut nothing = reports[1].clone();
        (nothing.test, nothing.artifacts) = ("nothing".to_owned(), Vec::new());
        reports.push(nothing);
        // A test with two sessions.
        let mut second_session = reports[1].clone();
        second_session.repo = "b".to_owned();
        reports.push(second_session);
        let summary = Summary::new(&reports);
        let Sums { tests, outcomes, without_artifacts, .. } = summary.sums();
        assert_eq!((*tests, *without_artifacts), (4, 1));
        assert_eq!(outcomes, &BTreeMap::from([(Outcome::Hit, 2), (Outcome::Built, 1)]));
        assert_eq!(outcomes.values().sum::<usize>() + without_artifacts, *tests);
    }

    #[test]
    fn builds_at_the_same_time_count_once() {
        for (intervals, expected) in [
            (vec![], 0.0),
            (vec![(1.0, 3.0)], 2.0),
            (vec![(4.0, 5.0), (1.0, 3.0), (2.0, 2.5)], 3.0),
            (vec![(1.0, 3.0), (2.0, 6.0), (6.0, 7.0)], 6.0),
        ] {
            assert!((covered(intervals.clone()) - expected).abs() < 1e-9, "{intervals:?}");
        }
    }

    #[test]
    fn two_keys_of_one_artifact_differ_in_the_report() {
        let mut reports =
            reports(&[("a", "graph", Outcome::Hit), ("a", "graph", Outcome::Hit), ("a", "b", Outcome::Hit)]);
        reports[0].artifacts[0].key = "a:files:0123456789abcdef".to_owned();
        reports[1].artifacts[0].key = "a:files:fedcba9876543210".to_owned();
        let summary = Summary::new(&reports).with_configurations(&[]);
        let subjects: Vec<String> = summary.rows().iter().map(Row::subject).collect();
        assert_eq!(subjects, ["a b", "a graph (key 01234567)", "a graph (key fedcba98)"]);
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
