//! Proof that an artifact's files were digested in this run: what the file system says about each of them.
//!
//! The first process of a run that uses an artifact reads and digests every listed file; the others compare device,
//! inode, size and times. Not promised: to notice media that rot within one run.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::path::Path;

use crate::digest::file_digest;
use crate::key::stamp::Stamp;
use crate::message;
use crate::run::Run;
use crate::store::manifest::{ListedFile, Manifest};

const KIND: &str = "proofs";

/// When the files were digested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    EarlierInTheRun,
    NowForTheRun,
}

/// Whether the files are what the manifest says; the error says which is not.
pub(super) fn check(run: &Run, name: &str, directory: &Path, manifest: &Manifest) -> Result<Checked, String> {
    let before = stamps_of_right_size(directory, manifest)?;
    if run.read::<Vec<Stamp>>(KIND, name).is_some_and(|proved| proved == before) {
        return Ok(Checked::EarlierInTheRun);
    }
    let what = format!("comparing the files of `{}` of {}", manifest.artifact, manifest.repo);
    message::while_slow(&what, || compare(directory, manifest))?;
    run.write(KIND, name, &before);
    Ok(Checked::NowForTheRun)
}

/// As [`check`], whatever was proved before, and without leaving a proof.
pub(super) fn digests(directory: &Path, manifest: &Manifest) -> Result<(), String> {
    stamps_of_right_size(directory, manifest)?;
    compare(directory, manifest)
}

fn stamps_of_right_size(directory: &Path, manifest: &Manifest) -> Result<Vec<Stamp>, String> {
    match stamps(directory, &manifest.files) {
        Some((stamps, None)) => Ok(stamps),
        Some((_, Some(file))) => Err(changed(directory, file)),
        None => Err("some of its files are missing".to_owned()),
    }
}

/// Says which file was changed, and what most likely did that.
fn changed(directory: &Path, file: &ListedFile) -> String {
    let path = directory.join(&file.path);
    let size = match path.metadata() {
        Ok(metadata) if metadata.len() != file.size => {
            format!(", with {} bytes instead of {}", metadata.len(), file.size)
        }
        _ => String::new(),
    };
    format!(
        "its file {} is not what was written{size}; if a test or its library writes to it, set \
         `Artifact::PRIVATE_VIEW`, or open it read-only",
        file.path
    )
}

fn compare(directory: &Path, manifest: &Manifest) -> Result<(), String> {
    for file in manifest.files.iter().filter(|file| !file.is_directory()) {
        match file_digest(&directory.join(&file.path)) {
            Ok(digest) if digest == file.digest => {}
            Ok(_) => return Err(changed(directory, file)),
            Err(error) => return Err(error.report()),
        }
    }
    Ok(())
}

/// Notes that the files have just been written and digested by this process.
pub(super) fn record(run: &Run, name: &str, directory: &Path, manifest: &Manifest) {
    if let Some((stamps, None)) = stamps(directory, &manifest.files) {
        run.write(KIND, name, &stamps);
    }
}

/// The stamps of all files, and the first whose size is wrong; nothing if one is missing, no plain file, or behind a link.
fn stamps<'a>(directory: &Path, files: &'a [ListedFile]) -> Option<(Vec<Stamp>, Option<&'a ListedFile>)> {
    let mut stamps = Vec::with_capacity(files.len());
    let mut wrong = None;
    // A link on the way leads to files that others may change, however good they are now.
    let mut seen = HashSet::new();
    let directories = files.iter().flat_map(|file| Path::new(&file.path).ancestors().skip(1));
    for below in directories.filter(|below| seen.insert(*below)) {
        fs::symlink_metadata(directory.join(below)).ok().filter(Metadata::is_dir)?;
    }
    for file in files {
        let metadata = fs::symlink_metadata(directory.join(&file.path)).ok()?;
        if file.is_directory() {
            // Its times change with every name that comes and goes in it.
            stamps.push(Stamp::default());
            metadata.is_dir().then_some(())?;
            continue;
        }
        metadata.is_file().then_some(())?;
        if metadata.len() != file.size {
            wrong.get_or_insert(file);
        }
        stamps.push(Stamp::of(&metadata));
    }
    Some((stamps, wrong))
}
