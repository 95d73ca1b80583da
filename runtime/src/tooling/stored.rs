//! What lies in the cache: listed, checked, removed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{checked_layout, layout_to_write};
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
    /// The repository.
    pub repo: String,
    /// The directory of the entry: the revision, and the first digits of the key's digest.
    pub entry: String,
    /// The artifact's name.
    pub artifact: String,
    /// On disk, plain files and archive together.
    pub bytes: u64,
    /// Its first use in the latest run that used it.
    pub last_used: SystemTime,
    /// What its manifest says; or why that is of no use.
    pub manifest: Result<ManifestInfo, Unreadable>,
    stored: store::Stored,
}

/// What a manifest says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ManifestInfo {
    /// SHA-256 of the key, hexadecimal.
    pub digest: String,
    /// What the key is made of.
    pub key_inputs: Vec<KeyInput>,
    /// How it is kept.
    pub storage: Storage,
    /// How many files it has.
    pub files: usize,
    /// What building it took.
    pub build_seconds: f64,
    /// When that was.
    pub built: SystemTime,
    /// The run that did it.
    pub run: String,
}

/// Why a manifest is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// The next test that asks for it builds it anew.
    Damaged(String),
    /// A later version of this crate wrote it, in this format.
    Newer(u32),
}

impl StoredArtifact {
    /// As people are shown it: `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
    pub fn key(&self) -> String {
        let (revision, digest) = self.entry.rsplit_once('-').unwrap_or(("", &self.entry));
        format!("{}:{revision}:{digest}", self.repo)
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
            built: UNIX_EPOCH.checked_add(Duration::from_secs(manifest.completed)).unwrap_or(UNIX_EPOCH),
            run: manifest.run.clone(),
        }
    }
}

/// Every artifact in the cache, by repository, then the latest use first. No file but the manifests is read.
///
/// # Errors
/// The cache directory is not as it should be; the error says what to change.
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
                Err(Unusable::OtherKey) => Err(Unreadable::Damaged("it is that of another key".to_owned())),
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

/// What a check of an artifact found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Every byte is the one that was written; or a later version wrote it, which knows how to tell.
    Whole,
    /// It is not, for this reason.
    Damaged {
        /// What is wrong.
        reason: String,
        /// Whether it could be set aside, so that the next test that asks for it builds it anew. It cannot while it is used or built.
        is_set_aside: bool,
    },
}

/// Reads every byte of an artifact, packed and unpacked, compares it with what was written, and sets aside what is damaged: a test that finds
/// its unpacked files good would not look at its archive, which is what travels.
///
/// # Errors
/// The cache directory is not as it should be.
pub fn verify(config: &Config, artifact: &StoredArtifact) -> Result<Verdict, Error> {
    let layout = layout_to_write(config)?;
    let artifact_path = &artifact.stored.artifact_path;
    let verified = match &artifact.stored.manifest {
        Ok(manifest) => store::verify(&layout, artifact_path, manifest),
        Err(Unusable::NewerFormat(_)) => Ok(()),
        Err(Unusable::Damaged(damage)) => Err(damage.clone()),
        Err(Unusable::OtherKey) => Err("its manifest is that of another key".to_owned()),
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
    /// It is in the trash.
    Done,
    /// It stays, for this reason.
    Kept(String),
}

/// Moves an artifact to the trash.
///
/// # Errors
/// The cache directory is not as it should be.
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
