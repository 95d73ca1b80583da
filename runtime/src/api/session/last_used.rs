//! The artifacts that the tests of this run used last time.

use std::cmp::Reverse;
use std::collections::HashSet;

use crate::disk;
use crate::layout::{ArtifactPath, Layout};
use crate::telemetry::{executable, read_reports};

/// Artifacts of one run.
pub(super) struct LastUsed {
    /// Keys for display, and artifacts.
    artifacts: HashSet<(String, String)>,
}

impl LastUsed {
    pub(super) fn contains(&self, path: &ArtifactPath) -> bool {
        self.artifacts.contains(&(path.key(), path.artifact.clone()))
    }
}

/// Returns the artifacts of the latest run that included the test of this thread. One test stands for all of its run:
/// the others have not begun.
pub(super) fn by_this_test(layout: &Layout) -> LastUsed {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let mut runs: Vec<_> = disk::entries(&layout.runs()).collect();
    runs.sort_by_cached_key(|run| Reverse(run.metadata().and_then(|metadata| metadata.modified()).ok()));
    for run in runs {
        let Some(reports) = run.file_name().to_str().and_then(|id| read_reports(layout.root(), id).ok()) else {
            continue;
        };
        if reports.iter().any(|report| report.test == test && report.binary == executable()) {
            let artifacts = reports.into_iter().flat_map(|report| report.artifacts);
            return LastUsed { artifacts: artifacts.map(|artifact| (artifact.key, artifact.artifact)).collect() };
        }
    }
    LastUsed { artifacts: HashSet::new() }
}
