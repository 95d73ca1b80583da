//! Taking an artifact away for good, unless somebody uses it.

use std::fs;
use std::path::PathBuf;

use super::read_lock::RemovalLock;
use super::trash;
use crate::error::Error;
use crate::layout::{ArtifactPath, Layout};
use crate::store::lock::BuildLock;

/// What became of an attempt to remove an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    Removed,
    /// A process has a lease on it, or builds it.
    InUse,
    /// It cannot be removed, for this reason.
    Impossible(String),
}

/// Moves the artifact to the trash, its manifest first. The trash is emptied by the next sweep.
pub(crate) fn remove(layout: &Layout, artifact_path: &ArtifactPath) -> Removal {
    remove_labelled(layout, artifact_path, "")
}

/// As [`remove`], but it is kept for a while, to be looked at.
pub(crate) fn set_aside(layout: &Layout, artifact_path: &ArtifactPath) -> Removal {
    remove_labelled(layout, artifact_path, &trash::damaged(artifact_path))
}

fn remove_labelled(layout: &Layout, artifact_path: &ArtifactPath, label: &str) -> Removal {
    try_remove(layout, artifact_path, label).unwrap_or_else(|error| Removal::Impossible(error.report_line()))
}

fn try_remove(layout: &Layout, artifact_path: &ArtifactPath, label: &str) -> Result<Removal, Error> {
    if let Some(link) = layout.link_among(artifact_path) {
        return Ok(Removal::Impossible(format!("{} is a link", link.display())));
    }
    layout.create()?;
    // A process that publishes has files without a manifest in place for a moment.
    let Some(_build_lock) = BuildLock::try_acquire(&layout.build_lock(artifact_path))? else {
        return Ok(Removal::InUse);
    };
    // Held until all is moved: a reader that has opened the manifest waits for this, and then finds it gone.
    let manifest = layout.manifest(artifact_path);
    let claim = RemovalLock::lay(&manifest).map_err(Error::io("lock", &manifest))?;
    let Some(_claim) = claim else { return Ok(Removal::InUse) };
    trash::discard_artifact(layout, artifact_path, label)?;
    for directory in [Some(layout.entry(artifact_path)), layout.unpacked(artifact_path).parent().map(PathBuf::from)]
        .into_iter()
        .flatten()
    {
        // Only if it is empty, now that this artifact is gone.
        let _ = fs::remove_dir(directory);
    }
    Ok(Removal::Removed)
}
