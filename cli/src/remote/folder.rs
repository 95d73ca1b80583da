//! A folder as the service: files that appear as a whole, and links that are left alone.

use std::fs;
use std::path::Path;
use std::time::Duration;

use opendal::Operator;

use super::url::FOLDER;

/// Where files are written before they get their names.
const UNFINISHED: &str = ".unfinished";
/// What is that old is no longer written: a piece of it would have timed out long ago. The clocks of two machines may differ by hours.
const ABANDONED_AFTER: Duration = Duration::from_hours(48);

/// Files appear under their names when they are complete. It cannot tell who is first, then.
pub(super) fn whole_files(folder: &Path) -> Result<opendal::Result<Operator>, String> {
    refuse_links(folder, UNFINISHED)?;
    let unfinished = folder.join(UNFINISHED);
    sweep(&unfinished);
    let options = [("root", folder), ("atomic_write_dir", &unfinished)];
    let options = options.map(|(name, path)| (name.to_owned(), path.display().to_string()));
    Ok(Operator::via_iter(FOLDER, options))
}

/// Fails for a place in the folder that leads elsewhere, or that is neither free nor a file: nobody waits for a pipe.
pub(super) fn check(folder: &Path, place: &str) -> Result<(), String> {
    refuse_links(folder, place)?;
    let path = folder.join(place);
    match path.metadata() {
        Ok(found) if !found.is_file() => Err(format!("{} is no file, and is left alone; remove it", path.display())),
        _ => Ok(()),
    }
}

fn refuse_links(folder: &Path, place: &str) -> Result<(), String> {
    let path = folder.join(place);
    let own = path.ancestors().take_while(|above| *above != folder);
    match own.filter(|path| path.is_symlink()).last() {
        Some(link) => Err(format!("{} is a link, and what it leads to is left alone", link.display())),
        None => Ok(()),
    }
}

/// Removes what helpers have left that were killed while they wrote.
fn sweep(unfinished: &Path) {
    for file in fs::read_dir(unfinished).into_iter().flatten().flatten() {
        let age = file.metadata().and_then(|metadata| metadata.modified()).map(|written| written.elapsed());
        if matches!(age, Ok(Ok(age)) if age > ABANDONED_AFTER) {
            // Nobody's loss: another may be at it.
            let _ = fs::remove_file(file.path());
        }
    }
}
