//! What the cache did in a run, one line per artifact.

use std::collections::BTreeMap;
use std::fmt;

use cached_smoke::{ArtifactReport, CacheReport, Outcome};
use comfy_table::{CellAlignment, Table, presets};

/// A run's artifacts, each with all that its tests reported.
#[derive(Debug)]
pub(crate) struct Summary {
    rows: Vec<Row>,
    tests: usize,
}

#[derive(Debug)]
struct Row {
    repo: String,
    artifact: String,
    outcome: Outcome,
    rebuild_seconds: f64,
    restore_seconds: f64,
    wait_seconds: f64,
    key: String,
    reason: String,
}

impl Summary {
    pub(crate) fn new(reports: &[CacheReport]) -> Summary {
        let mut groups: BTreeMap<(&str, &str, &str), Vec<&ArtifactReport>> = BTreeMap::new();
        for report in reports {
            for artifact in &report.artifacts {
                groups.entry((&report.repo, &artifact.artifact, &artifact.key)).or_default().push(artifact);
            }
        }
        let rows = groups.into_iter().map(|((repo, _, _), artifacts)| Row::new(repo, &artifacts)).collect();
        Summary { rows, tests: reports.len() }
    }

    /// Whether at least one artifact was used, and each was in the cache before the run.
    pub(crate) fn is_all_hits(&self) -> bool {
        let (hits, used) = self.hits();
        used > 0 && hits == used
    }

    /// How many artifacts were there before the run, of how many that were used. Counted per artifact: per test, a
    /// cold run of ten tests over one repository would seem to have hit nine times.
    fn hits(&self) -> (usize, usize) {
        let used: Vec<&Row> = self.rows.iter().filter(|row| row.outcome != Outcome::Skipped).collect();
        (used.iter().filter(|row| row.outcome == Outcome::Hit).count(), used.len())
    }
}

impl Row {
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
            key: first.key.clone(),
            reason: decisive.reason.clone(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return f.write_str("no smoke test reported anything: none ran (see the runner's output, and `[test] args` in smoke.toml), or \
                 the cache directory cannot be written to");
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["repo", "artifact", "outcome", "rebuild_seconds", "restore_seconds", "wait_seconds", "key"]);
        for row in &self.rows {
            let dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
            table.add_row([
                row.repo.clone(),
                dash(&row.artifact),
                row.outcome.to_string(),
                format!("{:.3}", row.rebuild_seconds),
                format!("{:.3}", row.restore_seconds),
                format!("{:.3}", row.wait_seconds),
                dash(&row.key),
            ]);
        }
        for column in table.column_iter_mut().filter(|column| (3..=5).contains(&column.index)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "{table}")?;
        writeln!(f, "restore and wait: the slowest test of each")?;
        for row in self.rows.iter().filter(|row| !row.reason.is_empty()) {
            let subject = [row.repo.as_str(), row.artifact.as_str()].join(" ");
            writeln!(f, "{}: {}: {}", subject.trim_end(), row.outcome, row.reason)?;
        }
        let (hits, used) = self.hits();
        let percent = (hits * 100).checked_div(used).unwrap_or(0);
        write!(f, "hit rate: {percent} % ({hits} of {used} artifacts were there before the run; {} tests)", self.tests)
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
        assert_eq!(summary.hits(), (1, 2));
        assert!(!summary.is_all_hits());
        let text = summary.to_string();
        assert!(text.contains("hit rate: 50 % (1 of 2 artifacts were there before the run; 3 tests)"), "{text}");
        assert!(text.contains("built") && text.contains("2.000") && !text.contains("shared"), "{text}");
    }

    #[test]
    fn what_was_skipped_does_not_count_and_nothing_is_no_success() {
        let skipped = Summary::new(&reports(&[("a", "", Outcome::Skipped), ("b", "graph", Outcome::Hit)]));
        assert!(skipped.is_all_hits());
        assert!(!Summary::new(&reports(&[("a", "", Outcome::Skipped)])).is_all_hits());
        assert!(!Summary::new(&[]).is_all_hits());
    }
}
