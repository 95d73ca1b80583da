//! Where entries go that are replaced, removed or damaged: out of the way at once, deleted when nobody uses them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::read_lock::ReadLock;
use super::staging;
use crate::error::Error;
use crate::layout::{self, ArtifactPath, Layout};

const DAMAGED: &str = "damaged-";
/// Long enough to be asked about after a week-end.
const KEEP_DAMAGED: Duration = Duration::from_hours(7 * 24);

/// The label of what is kept, because it was damaged.
pub(super) fn damaged(artifact_path: &ArtifactPath) -> String {
    format!("{DAMAGED}{}-{}-{}-", artifact_path.repo, artifact_path.entry, artifact_path.artifact)
}

/// The limit of attempts to make a directory of the trash that a sweep is faster to remove.
const MOST_ATTEMPTS: usize = 10_000;

/// Moves those of `paths` that exist, in this order, into one new directory of the trash.
pub(super) fn discard(layout: &Layout, paths: &[&Path], label: &str) -> Result<(), Error> {
    if paths.iter().all(|path| path.symlink_metadata().is_err()) {
        return Ok(());
    }
    let trash = layout.trash();
    let failed = || Error::io("move an entry to", &trash);
    layout::create_private(&trash).map_err(failed())?;
    let directory = tempfile::Builder::new().prefix(label).tempdir_in(&trash).map_err(failed())?.keep();
    for (number, path) in paths.iter().enumerate() {
        // Numbered: an artifact's unpacked files have the name of its directory form.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        move_away(path, &directory.join(format!("{number}-{name}"))).map_err(failed())?;
    }
    if label.starts_with(DAMAGED) {
        remove_earlier(&trash, label, &directory);
    }
    Ok(())
}

fn move_away(path: &Path, target: &Path) -> io::Result<()> {
    for _ in 0..MOST_ATTEMPTS {
        if path.symlink_metadata().is_err() {
            return Ok(());
        }
        match fs::rename(path, target) {
            // Another process moved it; or a sweep took the directory, which was still empty, for rubbish.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                layout::create_private(target.parent().unwrap_or(target))?;
            }
            renamed => return renamed,
        }
    }
    Err(io::Error::other("it is there, but cannot be moved"))
}

/// Removes earlier damaged copies of the artifact: one is enough to find out what happened.
fn remove_earlier(trash: &Path, label: &str, latest: &Path) {
    let entries = fs::read_dir(trash).into_iter().flatten().flatten();
    let is_of_label = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(label);
    for entry in entries.filter(is_of_label).filter(|entry| entry.path() != latest && is_free(&entry.path())) {
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// Moves all that is there of an artifact to the trash, its manifest first.
pub(super) fn discard_artifact(layout: &Layout, artifact_path: &ArtifactPath, label: &str) -> Result<(), Error> {
    let parts = [
        layout.manifest(artifact_path),
        layout.archive(artifact_path),
        layout.directory(artifact_path),
        layout.unpacked(artifact_path),
    ];
    discard(layout, &parts.each_ref().map(PathBuf::as_path), label)
}

/// Tidies up after processes that are gone: staging directories, and trash that nobody holds a lease on.
pub(crate) fn sweep(layout: &Layout) {
    staging::sweep(&layout.staging());
    sweep_trash(&layout.trash(), SystemTime::now());
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

/// Whether nobody uses what lies in this directory of the trash.
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
    fn what_is_leased_stays_and_so_does_damage_for_a_week() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let layout = Layout::new(root.path());
        let manifest = root.path().join("a.json");
        let throw = |label: &str| {
            fs::write(&manifest, "{}").expect("written");
            let lease = ReadLock::take(&manifest).expect("readable").expect("there").0;
            discard(&layout, &[&manifest, &root.path().join("absent")], label).expect("moved");
            lease
        };
        let count = || fs::read_dir(layout.trash()).expect("there").count();
        let now = SystemTime::now();
        let (plain, damaged) = (throw(""), throw(DAMAGED));
        sweep_trash(&layout.trash(), now + 2 * KEEP_DAMAGED);
        assert_eq!(count(), 2, "both are leased");
        drop((plain, damaged));
        sweep_trash(&layout.trash(), now);
        assert_eq!(count(), 1, "damage is kept to be looked at");
        sweep_trash(&layout.trash(), now + 2 * KEEP_DAMAGED);
        assert_eq!(count(), 0);
    }
}
