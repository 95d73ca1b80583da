//! The report of a test, with one part for each artifact that the test requested.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use once_cell::sync::OnceCell;
use serde::{Deserialize, Serialize};

use super::span::{Activity, Span};
use super::verifications::Rebuilt;
use crate::run::Run;

/// The shortest wait that has a span, in seconds. Every lock takes some microseconds.
const MIN_WAIT: f64 = 1e-3;

/// The way in which a test obtained an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// The artifact was in the cache before this run.
    Hit,
    /// Another machine built the artifact, and this test fetched it from the remote cache.
    Fetched,
    /// Another test built the artifact in this run, or while this test waited for it.
    Shared,
    /// This test built the artifact for itself alone, without the cache.
    Bypassed,
    /// This test built the artifact.
    Built,
    /// This test built the artifact because `SMOKE_FORCE_REBUILD` is set.
    Forced,
    /// The artifact was not in the cache, and the test was skipped.
    Skipped,
    /// The artifact could be neither restored nor built.
    Failed,
    /// The process of the test ended before it obtained the artifact: it was killed, perhaps because of a time limit.
    Interrupted,
}

impl Outcome {
    /// Returns `true` if the artifact was restored: from the cache, from the remote cache, or from the build of another
    /// test.
    pub fn is_hit(self) -> bool {
        matches!(self, Outcome::Hit | Outcome::Fetched | Outcome::Shared)
    }

    /// Returns `true` if the artifact was built for this test.
    pub fn is_miss(self) -> bool {
        matches!(self, Outcome::Built | Outcome::Forced | Outcome::Bypassed)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Hit => "hit",
            Outcome::Fetched => "fetched",
            Outcome::Shared => "shared",
            Outcome::Bypassed => "bypassed",
            Outcome::Built => "built",
            Outcome::Forced => "forced",
            Outcome::Skipped => "skipped",
            Outcome::Failed => "failed",
            Outcome::Interrupted => "interrupted",
        })
    }
}

/// The report about one artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArtifactReport {
    /// The name of the artifact.
    pub artifact: String,
    /// The way in which the test obtained the artifact.
    pub outcome: Outcome,
    /// The reason for the miss; empty if the artifact was restored.
    pub reason: String,
    /// The key for display: repository, revision, and the first digits of the digest, as in
    /// `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
    pub key: String,
    /// The size of the plain files, in bytes.
    pub bytes: u64,
    /// The numbers that the build recorded with [`BuildContext::metric`](crate::BuildContext::metric), by name, also if
    /// the artifact is a hit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, f64>,
    /// The seconds that this test spent to build, save and publish the artifact, without the time of its dependencies.
    pub rebuild_seconds: f64,
    /// The seconds that the build took, in whichever test or machine; 0 if this process had loaded the artifact before,
    /// or if there is no artifact.
    #[serde(default)]
    pub build_seconds: f64,
    /// The seconds that this test spent to find, check and load the artifact.
    pub restore_seconds: f64,
    /// The seconds that this test waited for another process or thread to build the artifact.
    pub wait_seconds: f64,
    /// The seconds that this test used the remote cache: to fetch, to upload, and to wait for another machine.
    #[serde(default)]
    pub remote_seconds: f64,
    /// The bytes that this test fetched from the remote cache.
    #[serde(default)]
    pub remote_bytes: u64,
    /// The error of the remote cache, if any. Such an error fails no test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_error: Option<String>,
    /// The result of building the artifact again in this run, if `SMOKE_VERIFY` selected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Rebuilt>,
    /// The times of these activities, as they ended. Waits of less than a millisecond are not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

impl ArtifactReport {
    /// Returns a report in which nothing has happened yet.
    pub(crate) fn new(artifact: &str, key: &str, reason: &str) -> ArtifactReport {
        ArtifactReport {
            artifact: artifact.to_owned(),
            outcome: Outcome::Hit,
            reason: reason.to_owned(),
            key: key.to_owned(),
            bytes: 0,
            metrics: BTreeMap::new(),
            rebuild_seconds: 0.0,
            build_seconds: 0.0,
            restore_seconds: 0.0,
            wait_seconds: 0.0,
            remote_seconds: 0.0,
            remote_bytes: 0,
            remote_error: None,
            verified: None,
            spans: Vec::new(),
        }
    }

    /// Returns the seconds that the cache saved this test: the build time, minus the time to restore the artifact and
    /// to wait for it. Returns 0 if this test built the artifact.
    ///
    /// The result is negative if building is faster than restoring, or if the test waited from the start of the build.
    pub fn saved_seconds(&self) -> f64 {
        if self.outcome.is_hit() && self.build_seconds > 0.0 {
            self.build_seconds - self.restore_seconds - self.wait_seconds - self.remote_seconds
        } else {
            0.0
        }
    }

    /// Adds an activity that began at `begun` and ends now. Time in dependencies counts in their own reports.
    pub(crate) fn spend(&mut self, activity: Activity, begun: Instant, in_dependencies: Duration) {
        let span = Span::since(activity, begun);
        let seconds = (span.seconds - in_dependencies.as_secs_f64()).max(0.0);
        match activity {
            Activity::Restore => self.restore_seconds += seconds,
            Activity::Wait => self.wait_seconds += seconds,
            Activity::Build => self.rebuild_seconds += seconds,
            // The client of the remote cache measures its own time.
            Activity::Remote => {}
        }
        if activity != Activity::Wait || span.seconds >= MIN_WAIT {
            self.spans.push(span);
        }
    }

    /// Adds the times of another report about the same artifact and test.
    pub(crate) fn add_times(&mut self, other: ArtifactReport) {
        self.restore_seconds += other.restore_seconds;
        self.wait_seconds += other.wait_seconds;
        self.rebuild_seconds += other.rebuild_seconds;
        self.spans.extend(other.spans);
    }

    /// Returns the report for a later test of the same process, which finds the artifact loaded.
    pub(crate) fn again(&self) -> ArtifactReport {
        let outcome = match self.outcome {
            Outcome::Built | Outcome::Forced => Outcome::Shared,
            // For the later test it is in the cache, as if from before the run.
            Outcome::Fetched => Outcome::Hit,
            outcome => outcome,
        };
        let ArtifactReport { artifact, key, bytes, metrics, .. } = self;
        // The reason of a miss is not one of a test that restored the artifact.
        let reason = if outcome.is_hit() { "" } else { &self.reason };
        let metrics = metrics.clone();
        ArtifactReport { outcome, bytes: *bytes, metrics, ..ArtifactReport::new(artifact, key, reason) }
    }
}

/// The report of one test.
///
/// A test with a parameter `&CacheReport` receives its own report. The run's `telemetry.jsonl` has one line for each
/// test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CacheReport {
    /// The id of the run.
    pub run: String,
    /// The path of the test in its crate.
    pub test: String,
    /// The name of the test's executable.
    pub binary: String,
    /// The id of the test's process.
    pub pid: u32,
    /// The number of the test in its process, from 0.
    #[serde(default)]
    pub number: u32,
    /// The time of the report, in milliseconds since 1970.
    pub time: u64,
    /// The name of the repository.
    pub repo: String,
    /// The reports of the artifacts that were restored or built for the test, in this order.
    pub artifacts: Vec<ArtifactReport>,
}

impl CacheReport {
    pub(crate) fn new(run: &Run, number: u32, test: &str, repo: &str, artifacts: Vec<ArtifactReport>) -> CacheReport {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        CacheReport {
            run: run.id().to_owned(),
            test: test.to_owned(),
            binary: executable().to_owned(),
            pid: std::process::id(),
            number,
            time: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            repo: repo.to_owned(),
            artifacts,
        }
    }

    /// Returns `true` if the test requested artifacts and all of them were hits.
    pub fn cache_hit(&self) -> bool {
        !self.artifacts.is_empty() && self.artifacts.iter().all(|artifact| artifact.outcome.is_hit())
    }

    /// Returns `true` if any artifact was built for this test.
    pub fn cache_miss(&self) -> bool {
        self.artifacts.iter().any(|artifact| artifact.outcome.is_miss())
    }

    /// Returns the most notable outcome of the artifacts, or `None` if the test requested none.
    pub fn outcome(&self) -> Option<Outcome> {
        self.artifacts.iter().map(|artifact| artifact.outcome).max()
    }

    /// Returns the seconds that the cache saved this test.
    pub fn saved_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.saved_seconds())
    }

    /// Returns the seconds that this test spent on building.
    pub fn rebuild_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.rebuild_seconds)
    }

    /// Returns the seconds that this test spent on restoring.
    pub fn restore_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.restore_seconds)
    }

    /// Returns the seconds that this test used the remote cache.
    pub fn remote_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.remote_seconds)
    }

    /// Returns the seconds that this test waited for other processes and threads.
    pub fn wait_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.wait_seconds)
    }
}

/// Returns the name of this executable.
pub(crate) fn executable() -> &'static str {
    static NAME: OnceCell<String> = OnceCell::new();
    NAME.get_or_init(|| {
        let path = std::env::current_exe().unwrap_or_default();
        path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    })
}

/// Returns the number of the next test of this process.
pub(crate) fn next_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
