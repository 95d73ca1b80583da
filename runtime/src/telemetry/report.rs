//! What is reported: for each test, of each artifact that it asked for.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use once_cell::sync::OnceCell;
use serde::{Deserialize, Serialize};

use crate::run::Run;

/// How a test came by an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// It was in the cache before this run.
    Hit,
    /// Another machine had built it, and this test fetched it from the shared tier.
    Fetched,
    /// Another test had built it in this run, or while this one waited for it.
    Shared,
    /// This test built it around the cache, for itself alone.
    Bypassed,
    /// This test built it.
    Built,
    /// This test built it because `SMOKE_FORCE_REBUILD` said so.
    Forced,
    /// It was not there, and the test was skipped.
    Skipped,
    /// It could not be had.
    Failed,
    /// The test's process ended before it was had: it was killed, perhaps because it took too long.
    Interrupted,
}

impl Outcome {
    /// Whether the artifact was there when the test asked.
    pub fn is_hit(self) -> bool {
        matches!(self, Outcome::Hit | Outcome::Fetched | Outcome::Shared)
    }

    /// Whether it was built for this test.
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

/// What the cache did about one artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArtifactReport {
    /// Its name.
    pub artifact: String,
    /// How the test came by it.
    pub outcome: Outcome,
    /// Why it was not a hit; empty for a hit.
    pub reason: String,
    /// Repository, revision and digest: `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
    pub key: String,
    /// Size of its plain files.
    pub bytes: u64,
    /// What building, saving and publishing it took this test, without the artifacts that it needs.
    pub rebuild_seconds: f64,
    /// What that took whoever did it; 0 if this process had it already, or nobody has it.
    #[serde(default)]
    pub build_seconds: f64,
    /// What finding, checking and loading it took.
    pub restore_seconds: f64,
    /// How long the test waited for another process or thread that was at it.
    pub wait_seconds: f64,
    /// How long it was at the shared tier: fetching, waiting for another machine, sharing.
    #[serde(default)]
    pub remote_seconds: f64,
    /// Bytes that it fetched from there.
    #[serde(default)]
    pub remote_bytes: u64,
    /// What went wrong there. It made nothing fail, and is no miss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_error: Option<String>,
}

impl ArtifactReport {
    /// What the test was spared: what building it cost, less what restoring it took, and waiting for whoever built it; 0 if the test
    /// built it itself. Less than nothing if it is faster to build than to restore, or if the wait began with the build.
    pub fn saved_seconds(&self) -> f64 {
        if self.outcome.is_hit() && self.build_seconds > 0.0 {
            self.build_seconds - self.restore_seconds - self.wait_seconds - self.remote_seconds
        } else {
            0.0
        }
    }

    /// What a later test of the same process is told: the artifact was simply there.
    pub(crate) fn again(&self) -> ArtifactReport {
        let outcome = match self.outcome {
            Outcome::Built | Outcome::Forced => Outcome::Shared,
            // It is there now, as anything that was there before the run.
            Outcome::Fetched => Outcome::Hit,
            outcome => outcome,
        };
        ArtifactReport {
            outcome,
            rebuild_seconds: 0.0,
            build_seconds: 0.0,
            restore_seconds: 0.0,
            wait_seconds: 0.0,
            remote_seconds: 0.0,
            remote_bytes: 0,
            remote_error: None,
            ..self.clone()
        }
    }
}

/// What the cache did for one test.
///
/// A test that has a parameter `&CacheReport` sees its own; all of them are lines of the run's `telemetry.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CacheReport {
    /// The run.
    pub run: String,
    /// The test's path in its crate.
    pub test: String,
    /// The test's executable.
    pub binary: String,
    /// The test's process.
    pub pid: u32,
    /// Which of the tests of its process it is.
    #[serde(default)]
    pub number: u32,
    /// Milliseconds since 1970.
    pub time: u64,
    /// The repository.
    pub repo: String,
    /// One for each artifact that was restored or built for the test, in this order.
    pub artifacts: Vec<ArtifactReport>,
}

impl CacheReport {
    pub(crate) fn new(run: &Run, number: u32, test: &str, repo: &str, artifacts: Vec<ArtifactReport>) -> CacheReport {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        CacheReport {
            run: run.id().to_owned(),
            test: test.to_owned(),
            binary: binary().to_owned(),
            pid: std::process::id(),
            number,
            time: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            repo: repo.to_owned(),
            artifacts,
        }
    }

    /// Whether every artifact was there when the test asked for it.
    pub fn cache_hit(&self) -> bool {
        !self.artifacts.is_empty() && self.artifacts.iter().all(|artifact| artifact.outcome.is_hit())
    }

    /// Whether any artifact was built for this test.
    pub fn cache_miss(&self) -> bool {
        self.artifacts.iter().any(|artifact| artifact.outcome.is_miss())
    }

    /// The most notable outcome among the artifacts; none if the test asked for none.
    pub fn outcome(&self) -> Option<Outcome> {
        self.artifacts.iter().map(|artifact| artifact.outcome).max()
    }

    /// Seconds that this test was spared.
    pub fn saved_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.saved_seconds())
    }

    /// Seconds that this test spent building.
    pub fn rebuild_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.rebuild_seconds)
    }

    /// Seconds that this test spent restoring.
    pub fn restore_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.restore_seconds)
    }

    /// Seconds that this test was at the shared tier.
    pub fn remote_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.remote_seconds)
    }

    /// Seconds that this test waited for others.
    pub fn wait_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.wait_seconds)
    }
}

/// The name of this executable.
fn binary() -> &'static str {
    static NAME: OnceCell<String> = OnceCell::new();
    NAME.get_or_init(|| {
        let path = std::env::current_exe().unwrap_or_default();
        path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    })
}

/// The number of a test in this process.
pub(crate) fn next_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
