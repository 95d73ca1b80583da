//! The trash: replaced, removed and damaged artifacts are moved there at once, and deleted when no process uses them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::read_lock::ReadLock;
use super::staging;
use crate::disk;
use crate::error::Error;
use crate::layout::{self, ArtifactPath, Layout};

const DAMAGED: &str = "damaged-";
/// A damaged artifact is kept for a week, so that it can still be examined after a weekend.
const KEEP_DAMAGED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Returns the label of a damaged artifact, which makes a sweep keep it for [`KEEP_DAMAGED`].
pub(super) fn damaged(artifact_path: &ArtifactPath) -> String {
    format!("{DAMAGED}{}-{}-{}-", artifact_path.repo, artifact_path.entry, artifact_path.artifact)
}

/// The limit of attempts to move a file into a directory of the trash that sweeps of other processes keep removing.
const MAX_ATTEMPTS: usize = 10_000;

/// Moves the `paths` that exist, in this order, into one new directory of the trash.
pub(super) fn discard(layout: &Layout, paths: &[&Path], label: &str) -> Result<(), Error> {
    if paths.iter().all(|path| path.symlink_metadata().is_err()) {
        return Ok(());
    }
    let trash = layout.trash();
    let failed = || Error::io("move an entry to", &trash);
    layout::create_private(&trash).map_err(failed())?;
    let directory = tempfile::Builder::new().prefix(label).tempdir_in(&trash).map_err(failed())?.keep();
    for (number, path) in paths.iter().enumerate() {
        // Numbered, because the unpacked files and the directory form of an artifact have the same name.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        move_away(path, &directory.join(format!("{number}-{name}"))).map_err(failed())?;
    }
    if label.starts_with(DAMAGED) {
        remove_earlier(&trash, label, &directory);
    }
    Ok(())
}

fn move_away(path: &Path, target: &Path) -> io::Result<()> {
    for _ in 0..MAX_ATTEMPTS {
        if path.symlink_metadata().is_err() {
            return Ok(());
        }
        match disk::rename(path, target) {
            // Another process moved the source, or a sweep removed the target directory while that was empty.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                layout::create_private(target.parent().unwrap_or(target))?;
            }
            renamed => return renamed,
        }
    }
    Err(io::Error::other("other processes keep removing the target directory"))
}

/// Removes earlier damaged copies of the artifact. One copy is enough to examine the damage.
fn remove_earlier(trash: &Path, label: &str, latest: &Path) {
    for entry in labelled(trash, label).filter(|entry| entry.path() != latest && is_free(&entry.path())) {
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// Moves all files of an artifact to the trash, its manifest first.
pub(super) fn discard_artifact(layout: &Layout, artifact_path: &ArtifactPath, label: &str) -> Result<(), Error> {
    let parts = [
        layout.manifest(artifact_path),
        layout.archive(artifact_path),
        layout.directory(artifact_path),
        layout.unpacked(artifact_path),
    ];
    discard(layout, &parts.each_ref().map(PathBuf::as_path), label)
}

/// Moves a damaged or stale artifact to the trash, which keeps it for a week. The caller holds the build lock.
///
/// Processes that use the artifact keep its files.
pub(crate) fn set_aside_under_lock(layout: &Layout, artifact_path: &ArtifactPath) -> Result<(), Error> {
    discard_artifact(layout, artifact_path, &damaged(artifact_path))
}

/// Returns `true` if a damaged or stale form of the artifact is in the trash.
pub(super) fn was_set_aside(layout: &Layout, artifact_path: &ArtifactPath) -> bool {
    labelled(&layout.trash(), &damaged(artifact_path)).next().is_some()
}

/// Returns the entries of the trash with this label.
fn labelled(trash: &Path, label: &str) -> impl Iterator<Item = fs::DirEntry> {
    disk::entries(trash).filter(move |entry| entry.file_name().to_string_lossy().starts_with(label))
}

/// Removes the staging directories of ended processes, and the trash that no process holds a read lock on.
pub(crate) fn sweep(layout: &Layout) {
    let now = SystemTime::now();
    staging::sweep(&layout.staging(), now);
    sweep_trash(&layout.trash(), now);
}

fn sweep_trash(trash: &Path, now: SystemTime) {
    let Ok(entries) = fs::read_dir(trash) else { return };
    for entry in entries.flatten() {
        let damaged = entry.file_name().to_string_lossy().starts_with(DAMAGED);
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| now.duration_since(modified).ok()).unwrap_or_default();
        if (!damaged || age > KEEP_DAMAGED) && is_free(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Returns `true` if no process uses the artifact in this directory of the trash.
fn is_free(directory: &Path) -> bool {
    let Ok(entries) = fs::read_dir(directory) else { return false };
    entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "json"))
        .all(|entry| ReadLock::is_free(&entry.path()).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_locked_and_recently_damaged_trash_is_kept() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let layout = Layout::new(root.path());
        let manifest = root.path().join("a.json");
        let throw = |label: &str| {
            fs::write(&manifest, "{}").expect("written");
            let read_lock = ReadLock::take(&manifest).expect("readable").expect("exists").0;
            discard(&layout, &[&manifest, &root.path().join("absent")], label).expect("moved");
            read_lock
        };
        let count = || fs::read_dir(layout.trash()).expect("exists").count();
        let now = SystemTime::now();
        let (plain, damaged) = (throw(""), throw(DAMAGED));
        sweep_trash(&layout.trash(), now + 2 * KEEP_DAMAGED);
        assert_eq!(count(), 2, "both are read-locked");
        drop((plain, damaged));
        sweep_trash(&layout.trash(), now);
        assert_eq!(count(), 1, "the damaged one is kept");
        sweep_trash(&layout.trash(), now + 2 * KEEP_DAMAGED);
        assert_eq!(count(), 0);
    }
}
