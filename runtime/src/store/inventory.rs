//! The inventory of the cache: all artifacts, of every version of this crate, and orphaned files.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::manifest::{Manifest, Unusable};
use crate::cores;
use crate::layout::{ArtifactPath, Layout};
use crate::name::{check_artifact_name, is_repo_directory};
use crate::ordered;

/// An artifact in the cache, whole or damaged.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) artifact_path: ArtifactPath,
    /// The size on disk in bytes, of plain files and archive together.
    pub(crate) bytes: u64,
    /// The time of the first use in the latest run that used it.
    pub(crate) last_used: SystemTime,
    pub(crate) manifest: Result<Manifest, Unusable>,
}

impl Stored {
    /// Returns `true` if a later version of this crate wrote it, so that this version must not remove it.
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self.manifest, Err(Unusable::NewerFormat(_)))
    }
}

/// Returns every artifact that has a manifest, valid or damaged.
pub(crate) fn inventory(layout: &Layout) -> Vec<Stored> {
    // In parallel: each entry takes a few dozen system calls.
    let entries = cores::map(&entries(layout.root()), |(repo, entry)| in_entry(layout, repo, entry));
    entries.into_iter().flatten().collect()
}

/// Returns the artifacts that were built from the one whose manifest has this digest, directly or by other artifacts.
/// Each comes with the digest of its key.
pub(crate) fn dependents(layout: &Layout, digest: &str) -> Vec<(ArtifactPath, String)> {
    let mut others: Vec<(ArtifactPath, Manifest)> = inventory(layout)
        .into_iter()
        .filter_map(|stored| Some((stored.artifact_path, stored.manifest.ok()?)))
        .collect();
    let mut digests = vec![digest.to_owned()];
    let mut dependents = Vec::new();
    while let Some(digest) = digests.pop() {
        let (found, rest) = others.into_iter().partition(|(_, manifest)| manifest.was_built_from(&digest));
        others = rest;
        for (artifact_path, manifest) in found {
            digests.push(manifest.digest().to_owned());
            dependents.push((artifact_path, manifest.key));
        }
    }
    dependents
}

fn in_entry(layout: &Layout, repo: &str, entry: &str) -> Vec<Stored> {
    let names = names_below(&layout.root().join(repo).join(entry));
    let artifacts = names.iter().filter_map(|name| artifact_of(name, &[".json"]));
    let stored = artifacts.filter_map(|artifact| {
        let artifact_path = ArtifactPath { repo: repo.to_owned(), entry: entry.to_owned(), artifact };
        let path = layout.manifest(&artifact_path);
        let last_used = path.symlink_metadata().and_then(|metadata| metadata.modified()).ok()?;
        let parts = [layout.archive(&artifact_path), layout.directory(&artifact_path)];
        let exists = |part: &&PathBuf| part.file_name().is_some_and(|name| names.iter().any(|other| **other == *name));
        let bytes: u64 = parts.iter().filter(exists).map(|part| bytes_on_disk(part)).sum();
        let bytes = bytes + bytes_on_disk(&layout.unpacked(&artifact_path));
        Some(Stored { artifact_path, bytes, last_used, manifest: Manifest::at(&path) })
    });
    stored.collect()
}

/// Returns the artifacts that have files but no manifest, left by a killed process or an incomplete `rm`.
pub(crate) fn orphans(layout: &Layout) -> Vec<ArtifactPath> {
    let unpacked = layout.root().join(".unpacked");
    let mut orphans = Vec::new();
    for root in [layout.root(), &unpacked] {
        for (repo, entry) in entries(root) {
            let names = names_below(&root.join(&repo).join(&entry));
            let artifacts: BTreeSet<String> =
                ordered::collect(names.iter().filter_map(|name| artifact_of(name, &[".tar.zst", ""])));
            let artifact_paths = artifacts.into_iter().map(|artifact| ArtifactPath {
                repo: repo.clone(),
                entry: entry.clone(),
                artifact,
            });
            orphans.extend(artifact_paths.filter(|artifact_path| !layout.manifest(artifact_path).exists()));
        }
    }
    orphans
}

/// Returns the names of the directories two levels below `root`: repository and entry. Links are not followed.
fn entries(root: &Path) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    for repo in directories(root).into_iter().filter(|repo| is_repo_directory(repo)) {
        let below = directories(&root.join(&repo));
        entries.extend(below.into_iter().filter(|entry| is_entry(entry)).map(|entry| (repo.clone(), entry)));
    }
    entries
}

/// Returns `true` if `name` is the name of an entry: a revision, and sixteen digits of a key.
fn is_entry(name: &str) -> bool {
    let Some((revision, digest)) = name.rsplit_once('-') else { return false };
    !revision.is_empty() && digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn directories(path: &Path) -> Vec<String> {
    let is_directory = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    names(path, is_directory)
}

fn names_below(path: &Path) -> Vec<String> {
    names(path, |_| true)
}

fn names(path: &Path, wanted: impl Fn(&DirEntry) -> bool) -> Vec<String> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    entries.flatten().filter(wanted).filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// Returns the artifact that a file or directory of an entry belongs to: its name without the first suffix that
/// matches.
fn artifact_of(name: &str, suffixes: &[&str]) -> Option<String> {
    let artifact = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix))?;
    check_artifact_name(artifact).is_ok().then(|| artifact.to_owned())
}

/// Returns the size of a file, or of all files below a directory. Links do not count.
fn bytes_on_disk(path: &Path) -> u64 {
    let Ok(metadata) = path.symlink_metadata() else { return 0 };
    if !metadata.is_dir() {
        return if metadata.is_file() { metadata.len() } else { 0 };
    }
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries.flatten().map(|entry| bytes_on_disk(&entry.path())).sum()
}
