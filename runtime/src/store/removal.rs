//! Taking an artifact away for good, unless somebody uses it.

use std::fs;
use std::path::PathBuf;

use super::lease::Claim;
use super::trash;
use crate::error::Error;
use crate::layout::{Layout, Slot};
use crate::lock::BuildLock;

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
pub(crate) fn remove(layout: &Layout, slot: &Slot) -> Removal {
    remove_labelled(layout, slot, "")
}

/// As [`remove`], but it is kept for a while, to be looked at.
pub(crate) fn set_aside(layout: &Layout, slot: &Slot) -> Removal {
    remove_labelled(layout, slot, &trash::damaged(slot))
}

fn remove_labelled(layout: &Layout, slot: &Slot, label: &str) -> Removal {
    try_remove(layout, slot, label).unwrap_or_else(|error| Removal::Impossible(error.report_line()))
}

fn try_remove(layout: &Layout, slot: &Slot, label: &str) -> Result<Removal, Error> {
    if let Some(link) = layout.link_among(slot) {
        return Ok(Removal::Impossible(format!("{} is a link", link.display())));
    }
    layout.create()?;
    // A process that publishes has files without a manifest in place for a moment.
    let Some(_build_lock) = BuildLock::try_acquire(&layout.build_lock(slot))? else { return Ok(Removal::InUse) };
    // Held until all is moved: a reader that has opened the manifest waits for this, and then finds it gone.
    let manifest = layout.manifest(slot);
    let claim = Claim::lay(&manifest).map_err(Error::io("lock", &manifest))?;
    let Some(_claim) = claim else { return Ok(Removal::InUse) };
    trash::discard_artifact(layout, slot, label)?;
    for directory in [Some(layout.entry(slot)), layout.unpacked(slot).parent().map(PathBuf::from)].into_iter().flatten()
    {
        // Only if it is empty, now that this artifact is gone.
        let _ = fs::remove_dir(directory);
    }
    Ok(Removal::Removed)
}
