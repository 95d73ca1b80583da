//! Digests declared files and directories, through links.
//!
//! The digest of a file is kept with the file's stamp. While the stamp is the same, no run reads the file again. A
//! directory is walked each time, so added and removed names need no record.

mod walk;

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::bulk;
use super::listing::listing;
use super::stamps::YOUNG;
pub(crate) use super::unusable::Unusable;
use crate::cores;
use crate::digest::Parts;
use crate::key::stamp::Stamp;
use crate::layout;
use crate::plain_file;
use walk::{Found, walk};

/// The version of the format. A change of the digests or of their meaning raises it.
const FORMAT: u32 = 1;
/// The limit on the size of the file with kept digests. More than the digests of a million files.
const MAX_BYTES: u64 = 1 << 30;
/// The size from which all cores digest one file. Smaller files are digested one per core.
const LARGE: u64 = 32 << 20;

/// The content of a declared file or directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    /// The digest of everything that counts, in hexadecimal.
    pub(crate) digest: String,
    /// The [listing](super::listing) of a directory, to show the changes. Empty for a file, and if it is too long.
    pub(crate) listing: String,
}

/// Digests the file at `path`: BLAKE3 of its content alone.
pub(crate) fn file(path: &Path, kept: Option<&Path>, now: SystemTime) -> Result<Content, Unusable> {
    let metadata = metadata(path)?;
    if metadata.is_dir() {
        let help = "declare it with `KeyBuilder::directory`, or name a file in it";
        return Err(Unusable::new(format!("{} is a directory", path.display()), help));
    }
    if !metadata.is_file() {
        let reason = format!("{} is neither a file nor a directory", path.display());
        return Err(Unusable::new(reason, "declare a regular file"));
    }
    let found = Found::file(path.to_owned(), &metadata);
    let digests = digests(std::slice::from_ref(&found), kept, now)?;
    Ok(Content { digest: digests.into_iter().flatten().collect(), listing: String::new() })
}

/// Digests everything below the directory at `path`: names, kinds, the executable bit, content, and the targets of
/// links.
pub(crate) fn directory(path: &Path, kept: Option<&Path>, now: SystemTime) -> Result<Content, Unusable> {
    if !metadata(path)?.is_dir() {
        let help = "declare it with `KeyBuilder::file`, or name its directory";
        return Err(Unusable::new(format!("{} is not a directory", path.display()), help));
    }
    let found = walk(path)?;
    let digests = digests(&found, kept, now)?;
    let mut all = Parts::default();
    let mut entries = Vec::with_capacity(found.len());
    for (found, digest) in found.iter().zip(digests) {
        let mut entry = Parts::default();
        entry.add(found.kind).add(&found.leads_to).add(digest.as_deref().unwrap_or_default());
        let entry = entry.finish();
        all.add(&found.name).add(&entry);
        entries.push((found.name.as_str(), entry));
    }
    Ok(Content { digest: all.finish(), listing: listing(&entries) })
}

fn metadata(path: &Path) -> Result<Metadata, Unusable> {
    fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory if path.is_symlink() => {
            let reason = format!("{} is a broken link", path.display());
            Unusable::new(reason, "create its target, or remove the declaration from `Artifact::key`")
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let reason = format!("{} does not exist", path.display());
            Unusable::new(reason, "create it, or fix the path in `Artifact::key`")
        }
        _ => Unusable::io(path, &error),
    })
}

/// Kept stamps and digests, by the names of the files.
type Known = BTreeMap<String, (Stamp, String)>;

/// Returns the digest of each file that has content.
fn digests(found: &[Found], kept: Option<&Path>, now: SystemTime) -> Result<Vec<Option<String>>, Unusable> {
    // On other systems a process can set all times of a file, so equal stamps prove nothing.
    let kept = kept.filter(|_| cfg!(unix));
    let known = kept.and_then(read).unwrap_or_default();
    let mut taken: Vec<Option<(Stamp, String)>> = found
        .iter()
        .map(|found| known.get(&found.name).filter(|(stamp, _)| found.stamp.as_ref() == Some(stamp)).cloned())
        .collect();
    let missing: Vec<usize> =
        (0..found.len()).filter(|index| taken[*index].is_none() && found[*index].stamp.is_some()).collect();
    let (large, small): (Vec<usize>, Vec<usize>) = missing.into_iter().partition(|index| found[*index].size >= LARGE);
    let digest = |index: &usize| digest(&found[*index].path);
    let digested = cores::map(&small, digest).into_iter().chain(large.iter().map(digest));
    for (index, digest) in small.iter().chain(&large).zip(digested) {
        taken[*index] = Some(digest?);
    }
    if let Some(kept) = kept {
        keep(kept, &known, found, &taken, now);
    }
    Ok(taken.into_iter().map(|taken| taken.map(|(_, digest)| digest)).collect())
}

/// Returns the file's stamp, then its digest: in this order, the next stamp shows a later change.
fn digest(path: &Path) -> Result<(Stamp, String), Unusable> {
    let digested = File::open(path).and_then(|file| {
        let stamp = Stamp::of(&file.metadata()?);
        Ok((stamp, bulk::digest(&file)?.to_hex().to_string()))
    });
    digested.map_err(|error| Unusable::io(path, &error))
}

fn keep(kept: &Path, known: &Known, found: &[Found], taken: &[Option<(Stamp, String)>], now: SystemTime) {
    let Some(young) = now.checked_sub(YOUNG) else { return };
    let old_enough: Known = found
        .iter()
        .zip(taken)
        .filter_map(|(found, taken)| Some((found.name.clone(), taken.clone()?)))
        .filter(|(_, (stamp, _))| !stamp.is_younger_than(young))
        .collect();
    if old_enough != *known
        && let Ok(text) = serde_json::to_vec(&old_enough)
    {
        let check = check(&text);
        // An optimization: on failure, the next process reads the files again.
        let _ = layout::write_whole(kept, &[check.as_bytes(), b"\n", &text].concat());
    }
}

fn read(kept: &Path) -> Option<Known> {
    let content = plain_file::read(&plain_file::open(kept).ok()?, MAX_BYTES).ok()?;
    let end = content.iter().position(|byte| *byte == b'\n')?;
    let (line, text) = (&content[..end], &content[end + 1..]);
    (line == check(text).as_bytes()).then(|| serde_json::from_slice(text).ok())?
}

/// Returns the first line of the file, which shows whether the rest is complete.
fn check(text: &[u8]) -> String {
    format!("{FORMAT} {}", blake3::hash(text).to_hex())
}

#[cfg(test)]
mod tests;
