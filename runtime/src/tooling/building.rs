//! The builds in flight, as the holders of the build locks report them.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::config::Config;
use crate::disk;
use crate::layout::{ArtifactPath, Layout};
use crate::name::{check_artifact_name, is_repo_directory};
use crate::store::lock;
use crate::telemetry::KeyReport;

/// The maximum age of a lock file whose lock may be held. Lock files are never deleted, so older ones are not tried.
const LONGEST_BUILD: Duration = Duration::from_secs(24 * 60 * 60);

/// A process that is building an artifact.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Builder {
    /// The id of the process.
    pub pid: u32,
    /// The time since the start of the build.
    pub elapsed: Duration,
    /// The current step, if the build reports it.
    pub step: Option<String>,
}

impl From<lock::Holder> for Builder {
    fn from(holder: lock::Holder) -> Builder {
        Builder { pid: holder.pid, elapsed: holder.elapsed(), step: holder.step }
    }
}

/// Returns the process that is building the artifact of this key, if any.
pub fn builder(config: &Config, key: &KeyReport) -> Option<Builder> {
    let entry = key.key.strip_prefix(&key.repo)?.strip_prefix(':')?.replacen(':', "-", 1);
    let artifact_path = ArtifactPath { repo: key.repo.clone(), entry, artifact: key.artifact.clone() };
    lock::holder_of(&Layout::new(config.cache_dir()).build_lock(&artifact_path)).map(Builder::from)
}

/// An artifact that a process is building.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Building {
    /// The name of the repository.
    pub repo: String,
    /// The name of the artifact.
    pub artifact: String,
    /// The key for display: repository, revision, and the first digits of the digest, as in
    /// `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
    pub key: String,
    /// The process that is building it.
    pub builder: Builder,
}

/// Returns the builds in flight of all runs on this machine, sorted by repository and artifact.
///
/// Private builds, such as those with `SMOKE_CACHE=off`, are not among them.
pub fn building(config: &Config) -> Vec<Building> {
    let layout = Layout::new(config.cache_dir());
    let mut found = Vec::new();
    for repo in directories(&layout.locks()).into_iter().filter(|repo| is_repo_directory(repo)) {
        for entry in directories(&layout.locks().join(&repo)) {
            for artifact in recent_locks(&layout.locks().join(&repo).join(&entry)) {
                let artifact_path = ArtifactPath { repo: repo.clone(), entry: entry.clone(), artifact };
                if let Some(holder) = lock::holder_of(&layout.build_lock(&artifact_path)) {
                    let builder = Builder::from(holder);
                    let (revision, digest) = entry.rsplit_once('-').unwrap_or(("", &entry));
                    let key = format!("{repo}:{revision}:{digest}");
                    found.push(Building { repo: repo.clone(), artifact: artifact_path.artifact, key, builder });
                }
            }
        }
    }
    found.sort_by(|left, right| {
        (&left.repo, &left.artifact, &left.key).cmp(&(&right.repo, &right.artifact, &right.key))
    });
    found
}

/// Returns the names of the directories in `path`. Links are not followed.
fn directories(path: &Path) -> Vec<String> {
    let entries = disk::entries(path);
    let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    directories.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// Returns the artifacts in the lock directory `path` whose locks were taken within [`LONGEST_BUILD`].
fn recent_locks(path: &Path) -> Vec<String> {
    let entries = disk::entries(path);
    let is_recent = |entry: &fs::DirEntry| {
        let modified =
            entry.metadata().ok().filter(fs::Metadata::is_file).and_then(|metadata| metadata.modified().ok());
        let age = modified.map(|modified| SystemTime::now().duration_since(modified).unwrap_or_default());
        age.is_some_and(|age| age < LONGEST_BUILD)
    };
    let names = entries.filter(is_recent).filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter_map(|name| name.strip_suffix(lock::NOTICE)?.strip_suffix('.').map(str::to_owned))
        .filter(|artifact| check_artifact_name(artifact).is_ok())
        .collect()
}
