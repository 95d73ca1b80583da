//! The files of an artifact: listing, protecting, syncing, and moving them into place.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{FileKind, ListedFile, is_plain};
use crate::digest::file_digest;
use crate::disk;
use crate::error::Error;
use crate::key::fingerprint::is_executable;
use crate::layout;
use crate::message;

/// The limit of attempts to move a file into a directory that collectors keep removing.
const MAX_ATTEMPTS: usize = 10_000;

/// Lists every file below `directory`, by name, with its digest, and every empty directory.
///
/// # Errors
/// Fails if there is no file, if a file cannot be read, or if one cannot be stored: links, devices, and names that
/// lead to another directory on some operating system.
pub(crate) fn list(directory: &Path) -> Result<Vec<ListedFile>, Error> {
    list_with(directory, file_digest)
}

/// As [`list`], without digests: for files that only this process uses.
pub(crate) fn list_undigested(directory: &Path) -> Result<Vec<ListedFile>, Error> {
    list_with(directory, |_| Ok(String::new()))
}

type Digest = fn(&Path) -> Result<String, Error>;

fn list_with(directory: &Path, digest: Digest) -> Result<Vec<ListedFile>, Error> {
    let mut listed = Vec::new();
    collect(directory, "", digest, &mut listed)?;
    if listed.is_empty() {
        return Err(Error::Message(
            "no file was written to the artifact's directory\n\
             help: let `save` or `build` write there the files that `load` reads"
                .to_owned(),
        ));
    }
    listed.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(listed)
}

fn collect(directory: &Path, prefix: &str, digest: Digest, listed: &mut Vec<ListedFile>) -> Result<(), Error> {
    for entry in fs::read_dir(directory).map_err(Error::io("list the directory", directory))? {
        let entry = entry.map_err(Error::io("list the directory", directory))?;
        let path = entry.path();
        let refuse = |reason: &str| Error::Message(format!("{} cannot be stored: {reason}", path.display()));
        let name = entry.file_name().into_string().map_err(|_| refuse("its name is not UTF-8"))?;
        let relative = format!("{prefix}{name}");
        if !is_plain(&relative) {
            return Err(refuse("its name is too long, or leads to another directory on Windows"));
        }
        let metadata = entry.metadata().map_err(Error::io("read the metadata of", &path))?;
        if metadata.is_dir() {
            let before = listed.len();
            collect(&path, &format!("{relative}/"), digest, listed)?;
            if listed.len() == before {
                listed.push(ListedFile {
                    path: relative,
                    kind: FileKind::EmptyDirectory,
                    size: 0,
                    digest: String::new(),
                });
            }
        } else if metadata.is_file() {
            let (kind, digest) = (kind(&metadata), digest(&path)?);
            listed.push(ListedFile { path: relative, kind, size: metadata.len(), digest });
        } else {
            return Err(refuse("it is neither a plain file nor a directory"));
        }
    }
    Ok(())
}

fn kind(metadata: &Metadata) -> FileKind {
    if is_executable(metadata) { FileKind::Executable } else { FileKind::Plain }
}

/// Makes the files read-only for every user.
pub(super) fn protect(directory: &Path, files: &[ListedFile]) -> Result<(), Error> {
    files.iter().filter(|file| !file.is_directory()).try_for_each(|file| {
        let path = directory.join(&file.path);
        make_read_only(&path, file.kind)
    })
}

/// Makes a file read-only for every user. Warns once where the file system has no permissions.
pub(super) fn make_read_only(path: &Path, kind: FileKind) -> Result<(), Error> {
    match disk::set_mode(path, kind.mode()) {
        Err(error) if disk::has_no_permissions(&error) => {
            message::warn_once_about(
                "permissions",
                &format!(
                    "the file system of the cache cannot make files read-only ({error}), so a test that writes to an \
                     artifact damages it for other tests\nhelp: set SMOKE_CACHE_DIR to a directory on another file system"
                ),
            );
            Ok(())
        }
        changed => changed.map_err(Error::io("make read-only", path)),
    }
}

/// Renames a file or directory, and creates the parent directory of the target.
pub(super) fn move_into_place(from: &Path, to: &Path) -> Result<(), Error> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for _ in 0..MAX_ATTEMPTS {
        // A collector removes empty directories, this one as well, until the move has filled it.
        if let Some(parent) = to.parent()
            && let Err(error) = layout::create_private(parent)
        {
            let is_no_directory = parent.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir());
            if error.kind() == io::ErrorKind::AlreadyExists && !is_no_directory {
                last = error;
                continue;
            }
            return Err(Error::io("create", parent)(error));
        }
        match disk::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && from.exists() => last = error,
            renamed => return renamed.map_err(Error::io("move a finished file to", to)),
        }
    }
    Err(Error::io("move a finished file to", to)(last))
}

/// Syncs the files and all their directories to disk.
pub(super) fn sync_tree(directory: &Path, files: &[ListedFile]) -> Result<(), Error> {
    let mut directories: BTreeSet<PathBuf> = BTreeSet::from([directory.to_owned()]);
    for file in files {
        let path = directory.join(&file.path);
        sync(&path)?;
        directories.extend(path.ancestors().skip(1).take_while(|above| *above != directory).map(Path::to_owned));
    }
    directories.iter().try_for_each(|directory| sync(directory))
}

/// Syncs a file, or the names in a directory, to disk. Does nothing on Windows, which cannot open a directory.
pub(super) fn sync(path: &Path) -> Result<(), Error> {
    sync_by(path, disk::sync)
}

/// As [`sync`], with everything that was synced before, to a drive with memory.
pub(super) fn sync_drive(path: &Path) -> Result<(), Error> {
    sync_by(path, disk::sync_drive)
}

fn sync_by(path: &Path, sync: fn(&File) -> io::Result<()>) -> Result<(), Error> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(path).and_then(|file| sync(&file)).map_err(Error::io("sync to disk", path))
}
