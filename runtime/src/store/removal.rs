//! Removing an artifact, unless a process uses or builds it.

use std::fs;
use std::path::PathBuf;

use super::lock::BuildLock;
use super::read_lock::RemovalLock;
use super::trash;
use crate::error::Error;
use crate::layout::{ArtifactPath, Layout};

/// The result of an attempt to remove an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    Removed,
    /// A process holds its read lock or its build lock.
    InUse,
    /// The removal failed, for this reason.
    Impossible(String),
}

/// Moves the artifact to the trash, its manifest first. The next sweep empties the trash.
pub(crate) fn remove(layout: &Layout, artifact_path: &ArtifactPath) -> Removal {
    remove_labelled(layout, artifact_path, "")
}

/// Moves a damaged artifact to the trash, which keeps it for a week.
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
    // While a process publishes, its files are in place without a manifest for a moment.
    let Some(_build_lock) = BuildLock::try_acquire(&layout.build_lock(artifact_path))? else {
        return Ok(Removal::InUse);
    };
    // Held until all files are moved: a reader that has opened the manifest waits, and then finds that it is gone.
    let manifest = layout.manifest(artifact_path);
    let removal_lock = RemovalLock::try_acquire(&manifest).map_err(Error::io("lock", &manifest))?;
    let Some(_removal_lock) = removal_lock else { return Ok(Removal::InUse) };
    trash::discard_artifact(layout, artifact_path, label)?;
    for directory in [Some(layout.entry(artifact_path)), layout.unpacked(artifact_path).parent().map(PathBuf::from)]
        .into_iter()
        .flatten()
    {
        // Succeeds only if the directory is empty now.
        let _ = fs::remove_dir(directory);
    }
    Ok(Removal::Removed)
}
