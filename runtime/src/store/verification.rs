//! Checking the files of an artifact, and the verification record of a run.
//!
//! The first process of a run that uses an artifact digests every listed file, and records the stamp of each: device,
//! inode, size and times. Later processes of the run compare the stamps. So data that rots on the disk within one run
//! may go unnoticed.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::path::Path;

use super::archive;
use super::manifest::{ListedFile, Manifest};
use crate::digest::file_digest;
use crate::key::stamp::Stamp;
use crate::layout::{ArtifactPath, Layout};
use crate::message;
use crate::run::Run;

/// The kind of note that is a verification record.
const RECORDS: &str = "proofs";

/// The time at which the files were digested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    EarlierInTheRun,
    NowForTheRun,
}

/// Checks the files against the manifest: by their stamps if the run has a verification record, else by their digests.
/// The error is the damage.
pub(super) fn check(run: &Run, name: &str, directory: &Path, manifest: &Manifest) -> Result<Checked, String> {
    let before = stamps_of_right_size(directory, manifest)?;
    if run.read::<Vec<Stamp>>(RECORDS, name).is_some_and(|recorded| recorded == before) {
        return Ok(Checked::EarlierInTheRun);
    }
    let what = format!("comparing the files of `{}` of {}", manifest.artifact, manifest.repo);
    message::while_slow(&what, || compare(directory, manifest))?;
    run.write(RECORDS, name, &before);
    Ok(Checked::NowForTheRun)
}

/// Reads every byte of an artifact, packed and unpacked, and neither reads nor writes a verification record. The error
/// is the damage.
pub(crate) fn verify(layout: &Layout, artifact_path: &ArtifactPath, manifest: &Manifest) -> Result<(), String> {
    match &manifest.archive {
        None => check_digests(&layout.directory(artifact_path), manifest),
        Some(archive) => {
            archive::verify(&layout.archive(artifact_path), archive)?;
            let unpacked = layout.unpacked(artifact_path);
            if unpacked.exists() { check_digests(&unpacked, manifest) } else { Ok(()) }
        }
    }
}

fn check_digests(directory: &Path, manifest: &Manifest) -> Result<(), String> {
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

/// Describes a changed file, and the most likely cause.
fn changed(directory: &Path, file: &ListedFile) -> String {
    let path = directory.join(&file.path);
    let size = match path.metadata() {
        Ok(metadata) if metadata.len() != file.size => {
            format!(" ({} bytes instead of {})", metadata.len(), file.size)
        }
        _ => String::new(),
    };
    format!(
        "its file {} was changed after it was stored{size}; if a test or its library writes to it, set \
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

/// Writes the verification record of files that this process has just written and digested.
pub(super) fn record(run: &Run, name: &str, directory: &Path, manifest: &Manifest) {
    if let Some((stamps, None)) = stamps(directory, &manifest.files) {
        run.write(RECORDS, name, &stamps);
    }
}

/// Returns the stamps of all files, and the first file of a wrong size. Returns `None` if a file is missing, is not a
/// plain file, or is reached through a link.
fn stamps<'a>(directory: &Path, files: &'a [ListedFile]) -> Option<(Vec<Stamp>, Option<&'a ListedFile>)> {
    let mut stamps = Vec::with_capacity(files.len());
    let mut wrong = None;
    // Behind a link, other users may change the files after they were checked.
    let mut seen = HashSet::new();
    let directories = files.iter().flat_map(|file| Path::new(&file.path).ancestors().skip(1));
    for below in directories.filter(|below| seen.insert(*below)) {
        fs::symlink_metadata(directory.join(below)).ok().filter(Metadata::is_dir)?;
    }
    for file in files {
        let metadata = fs::symlink_metadata(directory.join(&file.path)).ok()?;
        if file.is_directory() {
            // No stamp: the times of a directory change with each name that is added to it or removed from it.
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
