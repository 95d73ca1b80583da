//! A folder as the service: files appear complete, and symbolic links are refused.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use opendal::Operator;

use crate::url::FOLDER;

/// The directory for files that are being written.
const UNFINISHED: &str = ".unfinished";
/// The age at which an unfinished file is removed. Its writer would have timed out long before; the clocks of two
/// machines may differ by hours.
const ABANDONED_AFTER: Duration = Duration::from_hours(48);

/// Opens the folder for writes that rename a complete file into place. Such a write cannot detect an existing file.
pub(crate) fn whole_files(folder: &Path) -> Result<opendal::Result<Operator>> {
    refuse_links(folder, UNFINISHED)?;
    let unfinished = folder.join(UNFINISHED);
    sweep(&unfinished);
    let options = [("root", folder), ("atomic_write_dir", &unfinished)];
    let options = options.map(|(name, path)| (name.to_owned(), path.display().to_string()));
    Ok(Operator::via_iter(FOLDER, options))
}

/// Fails for a path that leads out of the folder, and for one that is neither free nor a file: opening a pipe would
/// block.
pub(crate) fn check(folder: &Path, path: &str) -> Result<()> {
    refuse_links(folder, path)?;
    let path = folder.join(path);
    match path.metadata() {
        Ok(found) if !found.is_file() => bail!("{} is not a regular file; remove it", path.display()),
        _ => Ok(()),
    }
}

fn refuse_links(folder: &Path, path: &str) -> Result<()> {
    let path = folder.join(path);
    let inside = path.ancestors().take_while(|above| *above != folder);
    if let Some(link) = inside.filter(|path| path.is_symlink()).last() {
        bail!("{} is a symbolic link, which is not followed; remove it", link.display());
    }
    Ok(())
}

/// Removes files that killed helpers left behind.
fn sweep(unfinished: &Path) {
    for file in fs::read_dir(unfinished).into_iter().flatten().flatten() {
        let age = file.metadata().and_then(|metadata| metadata.modified()).map(|written| written.elapsed());
        if matches!(age, Ok(Ok(age)) if age > ABANDONED_AFTER) {
            // Fails if another helper removes it at the same time.
            let _ = fs::remove_file(file.path());
        }
    }
}
