//! The content of a file or of a directory that a key declares, wherever links lead to.
//!
//! A digest that was once taken of a file is kept, beside what the file system said of the file: while that stays the same, the
//! file is not read again, in no run. A directory is walked each time, so that names that come and go need no memory.

mod walk;

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::bulk;
use super::stamps::YOUNG;
use crate::cores;
use crate::digest::Parts;
use crate::key::stamp::Stamp;
use crate::layout;
use crate::plain_file;
use walk::{Found, walk};

/// Raised when a digest or what is kept of it changes its meaning.
const FORMAT: u32 = 1;
/// More than what is kept of a million files.
const MAX_BYTES: u64 = 1 << 30;
/// From here on, a file is digested by all cores, and not by one of them while the others digest other files.
const LARGE: u64 = 32 << 20;
/// What a listing may add to each manifest.
const MAX_LISTING: usize = 8 << 10;
/// How much of a digest a listing has: enough to see that a file is another one.
const LISTED_DIGITS: usize = 8;

/// The content of a declared file or directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    /// Hexadecimal, of all that counts.
    pub(crate) digest: String,
    /// Of a directory, to tell what changed: a line that says what is listed, then names, each with the first digits of a digest.
    /// Empty if that is too much, and for a file.
    pub(crate) listing: String,
}

/// Why an input cannot be used, and what to do about it.
#[derive(Debug)]
pub(crate) struct Unusable {
    pub(crate) reason: String,
    pub(crate) help: String,
}

impl Unusable {
    fn new(reason: String, help: &str) -> Unusable {
        Unusable { reason, help: help.to_owned() }
    }

    fn io(path: &Path, error: &io::Error) -> Unusable {
        Unusable::new(format!("{} cannot be read: {error}", path.display()), "make it readable for this user")
    }
}

/// The digest of the file at `path`: BLAKE3 of its content and of nothing else.
pub(crate) fn file(path: &Path, kept: Option<&Path>, now: SystemTime) -> Result<Content, Unusable> {
    let metadata = look(path)?;
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

/// The digest of all below the directory at `path`: names, kinds, the executable bit, content, and what links lead to.
pub(crate) fn directory(path: &Path, kept: Option<&Path>, now: SystemTime) -> Result<Content, Unusable> {
    if !look(path)?.is_dir() {
        let help = "declare it with `KeyBuilder::file`, or name the directory that it is in";
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

fn look(path: &Path) -> Result<Metadata, Unusable> {
    fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory if path.is_symlink() => {
            let reason = format!("{} is a link that leads nowhere", path.display());
            Unusable::new(reason, "create what it leads to, or remove the declaration from `Artifact::key`")
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let reason = format!("there is nothing at {}", path.display());
            Unusable::new(reason, "create it, or correct the path in `Artifact::key`")
        }
        _ => Unusable::io(path, &error),
    })
}

/// Every name with its digest; else those at the top, a directory with one digest for all below it; else nothing.
fn listing(entries: &[(&str, String)]) -> String {
    let line = |name: &str, digest: &str| format!("\n{name} {}", &digest[..LISTED_DIGITS]);
    let all: usize = entries.iter().map(|(name, _)| name.len() + LISTED_DIGITS + 2).sum();
    if all <= MAX_LISTING {
        return entries.iter().fold("all".to_owned(), |text, (name, digest)| text + &line(name, digest));
    }
    let mut tops: BTreeMap<&str, Parts> = BTreeMap::new();
    for (name, digest) in entries {
        let top = name.split('/').next().unwrap_or(name);
        tops.entry(top).or_default().add(name).add(digest);
    }
    let text = tops.into_iter().fold("top".to_owned(), |text, (name, digest)| text + &line(name, &digest.finish()));
    if text.len() <= MAX_LISTING { text } else { String::new() }
}

/// What is kept of files, by their names.
type Known = BTreeMap<String, (Stamp, String)>;

/// The digest of each that has content.
fn digests(found: &[Found], kept: Option<&Path>, now: SystemTime) -> Result<Vec<Option<String>>, Unusable> {
    // Where a file's times can be set at will, there is nothing to tell by that it is the same.
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

/// The file's digest, and how it looked just before: what changes later is then seen by the next look.
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
        // Only a convenience: where it cannot be kept, the next process reads the files again.
        let _ = layout::write_whole(kept, &[check.as_bytes(), b"\n", &text].concat());
    }
}

fn read(kept: &Path) -> Option<Known> {
    let content = plain_file::read(&plain_file::open(kept).ok()?, MAX_BYTES).ok()?;
    let end = content.iter().position(|byte| *byte == b'\n')?;
    let (line, text) = (&content[..end], &content[end + 1..]);
    (line == check(text).as_bytes()).then(|| serde_json::from_slice(text).ok())?
}

/// The first line of what is kept: believed whole or not at all.
fn check(text: &[u8]) -> String {
    format!("{FORMAT} {}", blake3::hash(text).to_hex())
}

#[cfg(test)]
mod tests;
