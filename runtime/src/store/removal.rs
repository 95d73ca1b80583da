//! Taking an artifact away for good, unless somebody uses it.

use std::fs;
use std::path::PathBuf;

use super::lease::Claim;
use super::trash;
use crate::layout::{Layout, Slot};
use crate::lock::BuildLock;

/// What became of an attempt to remove an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    Removed,
    /// It is leased or being built; or it cannot be removed, or should not be, because a link leads to it.
    InUse,
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
    if layout.link_among(slot).is_some() {
        return Removal::InUse;
    }
    // Whoever publishes has files without a manifest in place for a moment.
    let Ok(Some(_build_lock)) = BuildLock::try_acquire(&layout.build_lock(slot)) else { return Removal::InUse };
    // Held until all is moved: a reader that has opened the manifest waits for this, and then finds it gone.
    let Ok(Some(_claim)) = Claim::lay(&layout.manifest(slot)) else { return Removal::InUse };
    if trash::discard_artifact(layout, slot, label).is_err() {
        return Removal::InUse;
    }
    for directory in [Some(layout.entry(slot)), layout.unpacked(slot).parent().map(PathBuf::from)].into_iter().flatten()
    {
        // Only if it is empty, now that this artifact is gone.
        let _ = fs::remove_dir(directory);
    }
    Removal::Removed
}
