//! The numbers of the page, before they are drawn.

use std::collections::BTreeMap;
use std::time::SystemTime;

use cached_smoke::tooling::{CacheSize, PastRun};

use super::misses::{self, Misses};
use super::number::{float, sane};
use crate::remote::Traffic;
use crate::summary::{Summary, Sums};

/// All of them.
pub(super) struct Figures {
    /// The oldest first.
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
    /// What it had to do with the shared tier.
    pub(super) traffic: Option<Traffic>,
    pub(super) size: Option<CacheSize>,
}

/// What all runs saved and spent over one repository.
#[derive(Default)]
pub(super) struct Repository {
    pub(super) name: String,
    pub(super) saved: f64,
    pub(super) built: f64,
}

/// Where the time of all tests went that asked for one artifact.
#[derive(Default)]
pub(super) struct Artifact {
    pub(super) repo: String,
    pub(super) name: String,
    pub(super) restored: f64,
    pub(super) waited: f64,
    pub(super) built: f64,
}

impl Figures {
    pub(super) fn new(past: &[PastRun]) -> Figures {
        let mut repositories: BTreeMap<&str, Repository> = BTreeMap::new();
        let mut artifacts: BTreeMap<(&str, &str), Artifact> = BTreeMap::new();
        for report in past.iter().flat_map(|run| &run.reports) {
            let repository = repositories.entry(&report.repo).or_default();
            repository.name.clone_from(&report.repo);
            repository.saved += sane(report.saved_seconds());
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
        let runs: Vec<Run> = past.iter().map(Run::new).collect();
        let misses = misses::of(&runs.iter().map(|run| &run.summary).collect::<Vec<_>>());
        let mut repositories: Vec<Repository> = repositories.into_values().collect();
        repositories.sort_by(|left, right| right.longest().total_cmp(&left.longest()));
        // What was never had, because its test was skipped or killed, took no time.
        let mut artifacts: Vec<Artifact> = artifacts.into_values().filter(|artifact| artifact.whole() > 0.0).collect();
        artifacts.sort_by(|left, right| right.whole().total_cmp(&left.whole()));
        Figures { runs, repositories, artifacts, misses }
    }

    /// Of all runs together.
    pub(super) fn sum(&self, value: fn(&Sums) -> f64) -> f64 {
        self.runs.iter().map(|run| sane(value(&run.summary.sums()))).fold(0.0, |sum, one| sum + one)
    }
}

impl Run {
    fn new(past: &PastRun) -> Run {
        let (summary, traffic) = (Summary::new(&past.reports), Traffic::of(&past.asked));
        Run { id: past.id.clone(), begun: past.begun, summary, traffic, size: past.size }
    }

    /// In whole percent, as in the other reports; a run that asked for nothing has none.
    pub(super) fn hit_rate(&self) -> Option<f64> {
        let Sums { hits, artifacts, .. } = self.summary.sums();
        (hits * 100).checked_div(artifacts).map(|percent| float(percent as u64))
    }
}

impl Repository {
    fn longest(&self) -> f64 {
        self.saved.max(self.built)
    }
}

impl Artifact {
    /// All of its time.
    pub(super) fn whole(&self) -> f64 {
        self.restored + self.waited + self.built
    }

    pub(super) fn subject(&self) -> String {
        [self.repo.as_str(), self.name.as_str()].join(" ").trim_end().to_owned()
    }
}
