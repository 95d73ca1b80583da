//! The artifacts in the cache: listing, verifying and removing them.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::cache::{checked_layout, layout_to_write};
use crate::config::Config;
use crate::error::Error;
use crate::key::KeyInput;
use crate::layout::ArtifactPath;
use crate::store::manifest::{Manifest, Storage, Unusable};
use crate::store::{self, Removal};

/// An artifact in the cache.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredArtifact {
    /// The name of the repository.
    pub repo: String,
    /// The directory name of the entry: the revision, and the first digits of the key's digest.
    pub entry: String,
    /// The name of the artifact.
    pub artifact: String,
    /// The size on disk in bytes, of plain files and archive together.
    pub bytes: u64,
    /// The time of the first use in the latest run that used it.
    pub last_used: SystemTime,
    /// The content of its manifest, or the reason why that cannot be used.
    pub manifest: Result<ManifestInfo, Unreadable>,
    stored: store::Stored,
}

/// The content of a manifest.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ManifestInfo {
    /// The digest of the key: SHA-256, hexadecimal.
    pub digest: String,
    /// The key inputs.
    pub key_inputs: Vec<KeyInput>,
    /// The form in which the artifact is stored.
    pub storage: Storage,
    /// The number of files.
    pub files: usize,
    /// The duration of the build, in seconds.
    pub build_seconds: f64,
    /// The numbers that the build recorded, by name.
    pub metrics: BTreeMap<String, f64>,
    /// The time of the build.
    pub built: SystemTime,
    /// The id of the run that built the artifact.
    pub run: String,
    /// The directory of the workspace that built or fetched the artifact. `None` in manifests of earlier versions.
    pub project: Option<String>,
}

/// The reason why a manifest cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// The manifest is damaged in this way. The next test that requests the artifact rebuilds it.
    Damaged(String),
    /// A later version of this crate wrote the manifest, in this format.
    Newer(u32),
}

impl StoredArtifact {
    /// Returns the key for display: repository, revision, and the first digits of the digest, as in
    /// `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
    pub fn key(&self) -> String {
        self.stored.artifact_path.key()
    }

    pub(super) fn artifact_path(&self) -> &ArtifactPath {
        &self.stored.artifact_path
    }

    pub(super) fn whole_manifest(&self) -> Result<&Manifest, &Unusable> {
        self.stored.manifest.as_ref()
    }
}

impl From<&Manifest> for ManifestInfo {
    fn from(manifest: &Manifest) -> ManifestInfo {
        ManifestInfo {
            digest: manifest.key.clone(),
            key_inputs: manifest.key_inputs.clone(),
            storage: manifest.storage,
            files: manifest.files.len(),
            build_seconds: manifest.build_seconds(),
            metrics: manifest.metrics.clone(),
            built: UNIX_EPOCH.checked_add(Duration::from_secs(manifest.completed)).unwrap_or(UNIX_EPOCH),
            run: manifest.run.clone(),
            project: manifest.project.clone(),
        }
    }
}

/// Returns every artifact in the cache, sorted by repository, then by last use, the latest first. Reads only the
/// manifests.
///
/// # Errors
/// Fails if the cache directory is unsafe to use. The error contains the action that resolves it.
pub fn stored(config: &Config) -> Result<Vec<StoredArtifact>, Error> {
    let mut all: Vec<StoredArtifact> = store::inventory(&checked_layout(config)?)
        .into_iter()
        .map(|stored| StoredArtifact {
            repo: stored.artifact_path.repo.clone(),
            entry: stored.artifact_path.entry.clone(),
            artifact: stored.artifact_path.artifact.clone(),
            bytes: stored.bytes,
            last_used: stored.last_used,
            manifest: match &stored.manifest {
                Ok(manifest) => Ok(manifest.into()),
                Err(Unusable::NewerFormat(format)) => Err(Unreadable::Newer(*format)),
                Err(Unusable::Damaged(damage)) => Err(Unreadable::Damaged(damage.clone())),
                Err(Unusable::OtherKey) => Err(Unreadable::Damaged("it belongs to another key".to_owned())),
            },
            stored,
        })
        .collect();
    let newest_first = |stored: &StoredArtifact| std::cmp::Reverse(stored.last_used);
    all.sort_by(|left, right| {
        (&left.repo, newest_first(left), &left.artifact).cmp(&(&right.repo, newest_first(right), &right.artifact))
    });
    Ok(all)
}

/// The result of verifying an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// All digests match, or a later version of this crate wrote the artifact, so that this version cannot verify it.
    Whole,
    /// The artifact is damaged.
    Damaged {
        /// The damage.
        reason: String,
        /// `true` if the artifact was set aside, so that the next test that requests it rebuilds it. `false` if it is
        /// in use or being built.
        is_set_aside: bool,
    },
}

/// Verifies every byte of an artifact, packed and unpacked, and sets the artifact aside if it is damaged.
///
/// A test does not verify the archive of an artifact whose unpacked files are valid; but the archive is what other
/// machines get.
///
/// # Errors
/// Fails if the cache directory is unsafe to use.
pub fn verify(config: &Config, artifact: &StoredArtifact) -> Result<Verdict, Error> {
    let layout = layout_to_write(config)?;
    let artifact_path = &artifact.stored.artifact_path;
    let verified = match &artifact.stored.manifest {
        Ok(manifest) => store::verify(&layout, artifact_path, manifest),
        Err(Unusable::NewerFormat(_)) => Ok(()),
        Err(Unusable::Damaged(damage)) => Err(damage.clone()),
        Err(Unusable::OtherKey) => Err("its manifest belongs to another key".to_owned()),
    };
    Ok(match verified {
        Ok(()) => Verdict::Whole,
        Err(reason) => {
            Verdict::Damaged { reason, is_set_aside: store::set_aside(&layout, artifact_path) == Removal::Removed }
        }
    })
}

/// The result of an attempt to remove an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Removed {
    /// The artifact is in the trash.
    Done,
    /// The artifact stays, for this reason.
    Kept(String),
}

/// Moves an artifact to the trash.
///
/// # Errors
/// Fails if the cache directory is unsafe to use.
pub fn remove(config: &Config, artifact: &StoredArtifact) -> Result<Removed, Error> {
    let layout = checked_layout(config)?;
    if matches!(artifact.manifest, Err(Unreadable::Newer(_))) {
        return Ok(Removed::Kept("a later version of cached-smoke wrote it".to_owned()));
    }
    Ok(match store::remove(&layout, &artifact.stored.artifact_path) {
        Removal::Removed => Removed::Done,
        Removal::InUse => Removed::Kept("it is in use".to_owned()),
        Removal::Impossible(reason) => Removed::Kept(reason),
    })
}
