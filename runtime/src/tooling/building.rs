//! What is being built right now, as the holders of the build locks say.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::Builder;
use crate::config::Config;
use crate::layout::{ArtifactPath, Layout};
use crate::name::{check_artifact_name, check_repo_name};
use crate::store::lock;

/// The file of a lock is never deleted; one that was taken longer ago than any build takes need not be tried.
const LONGEST_BUILD: Duration = Duration::from_hours(24);

/// An artifact that a process builds at this moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Building {
    /// The repository.
    pub repo: String,
    /// The artifact's name.
    pub artifact: String,
    /// Its key: `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
    pub key: String,
    /// The process that builds it.
    pub builder: Builder,
}

/// Returns what processes of this machine build in the cache directory, in whichever run, by repository and artifact.
///
/// A build that leaves the cache alone (`SMOKE_CACHE=off` and its like) is not among it.
pub fn building(config: &Config) -> Vec<Building> {
    let layout = Layout::new(config.cache_dir());
    let mut found = Vec::new();
    for repo in directories(&layout.locks()).into_iter().filter(|repo| check_repo_name(repo).is_ok()) {
        for entry in directories(&layout.locks().join(&repo)) {
            for artifact in recent_locks(&layout.locks().join(&repo).join(&entry)) {
                let artifact_path = ArtifactPath { repo: repo.clone(), entry: entry.clone(), artifact };
                if let Some(holder) = lock::holder_of(&layout.build_lock(&artifact_path)) {
                    let builder = Builder { pid: holder.pid, elapsed: holder.elapsed(), step: holder.step };
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

/// The names of the directories in one. Links are not followed.
fn directories(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    directories.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The artifacts whose locks were taken not long ago.
fn recent_locks(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let is_recent = |entry: &fs::DirEntry| {
        let modified =
            entry.metadata().ok().filter(fs::Metadata::is_file).and_then(|metadata| metadata.modified().ok());
        let age = modified.map(|modified| SystemTime::now().duration_since(modified).unwrap_or_default());
        age.is_some_and(|age| age < LONGEST_BUILD)
    };
    let names = entries.filter(is_recent).filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter_map(|name| name.strip_suffix(".lock").map(str::to_owned))
        .filter(|artifact| check_artifact_name(artifact).is_ok())
        .collect()
}
