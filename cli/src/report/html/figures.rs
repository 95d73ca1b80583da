//! The numbers of the page, before they are drawn.

use std::collections::BTreeMap;
use std::time::SystemTime;

use cached_smoke::tooling::{CacheSize, NO_REPO, PastRun, StoredArtifact};

use super::misses::{self, Misses};
use super::number::{moment, sane};
use crate::report::{Summary, Traffic, is_hit};

/// All numbers.
pub(super) struct Figures {
    /// The runs, the oldest first.
    pub(super) runs: Vec<Run>,
    pub(super) repositories: Vec<Repository>,
    pub(super) artifacts: Vec<Artifact>,
    pub(super) misses: Vec<Misses>,
}

/// A run.
pub(super) struct Run {
    pub(super) id: String,
    pub(super) begun: SystemTime,
    pub(super) summary: Summary,
    /// The requests to the remote cache, if there were any.
    pub(super) traffic: Option<Traffic>,
    pub(super) size: Option<CacheSize>,
}

/// The seconds that all runs saved and spent over one repository.
#[derive(Default)]
pub(super) struct Repository {
    pub(super) name: String,
    pub(super) saved: f64,
    pub(super) built: f64,
}

/// The seconds that all tests spent on one artifact.
#[derive(Default)]
pub(super) struct Artifact {
    pub(super) repo: String,
    pub(super) name: String,
    pub(super) restored: f64,
    pub(super) waited: f64,
    pub(super) built: f64,
}

impl Figures {
    pub(super) fn new(past: &[PastRun], stored: &[StoredArtifact]) -> Figures {
        let mut repositories: BTreeMap<&str, Repository> = BTreeMap::new();
        let mut artifacts: BTreeMap<(&str, &str), Artifact> = BTreeMap::new();
        for report in past.iter().flat_map(|run| &run.reports) {
            let repository = repositories.entry(&report.repo).or_default();
            repository.name.clone_from(&report.repo);
            let hits = report.artifacts.iter().filter(|one| is_hit(one.outcome));
            repository.saved += hits.map(|one| sane(one.saved_seconds())).sum::<f64>();
            repository.built += sane(report.rebuild_seconds());
            for one in &report.artifacts {
                let artifact = artifacts.entry((&report.repo, &one.artifact)).or_default();
                artifact.repo.clone_from(&report.repo);
                artifact.name.clone_from(&one.artifact);
                artifact.restored += sane(one.restore_seconds);
                artifact.waited += sane(one.wait_seconds);
                artifact.built += sane(one.rebuild_seconds);
            }
        }
        let runs: Vec<Run> = past.iter().map(|run| Run::new(run, stored)).collect();
        let misses = misses::of(&runs.iter().map(|run| &run.summary).collect::<Vec<_>>());
        let mut repositories: Vec<Repository> = repositories.into_values().collect();
        repositories.sort_by(|left, right| right.longest().total_cmp(&left.longest()));
        // Artifacts of skipped and killed tests took no time.
        let mut artifacts: Vec<Artifact> = artifacts.into_values().filter(|artifact| artifact.total() > 0.0).collect();
        artifacts.sort_by(|left, right| right.total().total_cmp(&left.total()));
        Figures { runs, repositories, artifacts, misses }
    }

    /// Returns the number of runs, and the time that they span.
    pub(super) fn span(&self) -> String {
        match &self.runs[..] {
            [] => String::new(),
            [run] => format!("1 run, {} (UTC)", moment(run.begun)),
            [first, .., last] => {
                format!("{} runs, {} to {} (UTC)", self.runs.len(), moment(first.begun), moment(last.begun))
            }
        }
    }

    /// Returns the sum over all runs.
    pub(super) fn sum(&self, value: fn(&Summary) -> f64) -> f64 {
        self.runs.iter().map(|run| sane(value(&run.summary))).fold(0.0, |sum, one| sum + one)
    }
}

impl Run {
    fn new(past: &PastRun, stored: &[StoredArtifact]) -> Run {
        let summary = Summary::new(&past.reports).with_configurations(stored);
        let traffic = Traffic::of(&past.asked);
        Run { id: past.id.clone(), begun: past.begun, summary, traffic, size: past.size }
    }
}

impl Repository {
    fn longest(&self) -> f64 {
        self.saved.max(self.built)
    }
}

impl Artifact {
    pub(super) fn total(&self) -> f64 {
        self.restored + self.waited + self.built
    }

    pub(super) fn subject(&self) -> String {
        let repo = if self.repo == NO_REPO { "" } else { &self.repo };
        [repo, self.name.as_str()].join(" ").trim().to_owned()
    }
}
