//! What the file system said of a repository when its state was taken: while it says the same, the state is the same, and neither git
//! nor the files' content need be asked.
//!
//! Kept in a file of the cache, for all runs on this machine: the paths of every file and directory that the state
//! depends on, and one digest of what `lstat` says of all of them, and of all that the file says. A directory's times
//! tell of names that come and go in it, a file's of its content. For a git work tree that includes git's own files
//! and its configuration; what git ignores is left out. A link is looked at in two ways, for itself and for its
//! target, and what lies behind one that leaves the repository is looked at as well.
//!
//! A file that is changed twice within one tick of the file system's clock looks the same after both, so nothing is kept while
//! anything is [`YOUNG`].

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{RepoState, folder, git, has_git};
use crate::cores;
use crate::error::Error;
use crate::key::stamp::Stamp;
use crate::layout;
use crate::plain_file;

/// Longer than a tick of any file system's clock: the coarsest, FAT's, takes 2 s.
pub(super) const YOUNG: Duration = Duration::from_secs(3);
/// More than the paths of ten million files.
const MAX_BYTES: u64 = 1 << 30;
/// Raised when what is looked at changes.
const FORMAT: u32 = 3;

/// The first line of the file; the paths follow, each ended by a zero.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
    state: RepoState,
    /// BLAKE3 of the environment that git reads, of the state and the paths as they are written here, and of all stamps.
    digest: String,
}

/// The state of the repository at `root`: the one that was taken at some time, if `kept` tells that nothing has changed since, or else
/// as it is found now.
pub(crate) fn state(root: &Path, kept: &Path, now: SystemTime) -> Result<RepoState, Error> {
    if let Some(state) = unchanged(root, kept) {
        return Ok(state);
    }
    // First the stamps, then the state: what changes in between is then seen by the next look.
    let stamps = Stamps::take(root, now);
    let state = RepoState::of(root)?;
    if let Some(stamps) = stamps {
        // Only a convenience: where it cannot be kept, the next process looks again.
        let _ = stamps.keep(kept, &state);
    }
    Ok(state)
}

/// The state that was taken, if everything looks as it did then.
fn unchanged(root: &Path, kept: &Path) -> Option<RepoState> {
    let content = plain_file::read(&plain_file::open(kept).ok()?, MAX_BYTES).ok()?;
    let end = content.iter().position(|byte| *byte == b'\n')?;
    let (header, written) = (&content[..end], &content[end + 1..]);
    let header: Header = serde_json::from_slice(header).ok().filter(|header: &Header| header.format == FORMAT)?;
    let paths = written.strip_suffix(&[0])?.split(|byte| *byte == 0);
    let paths: Vec<(Look, &Path)> = paths.map(Look::at).collect::<Option<_>>()?;
    let stamps = cores::map(&paths, |(look, path)| look.stamp(&root.join(path)));
    (digest(&header.state, written, &stamps) == header.digest).then_some(header.state)
}

/// How a path is looked at.
#[derive(Clone, Copy)]
enum Look {
    Itself,
    /// What it leads to. The system resolves the link anew each time, so any link on the way may have changed.
    Target,
}

impl Look {
    /// Reads what [`mark`](Self::mark) and a path have been written as.
    fn at(written: &[u8]) -> Option<(Look, &Path)> {
        let (mark, path) = written.split_first()?;
        let look = [Look::Itself, Look::Target].into_iter().find(|look| look.mark() == *mark)?;
        Some((look, git::path_text(path).map(Path::new).ok()?))
    }

    fn mark(self) -> u8 {
        match self {
            Look::Itself => b'.',
            Look::Target => b'>',
        }
    }

    /// All zeros if nothing is there.
    fn stamp(self, path: &Path) -> Stamp {
        let metadata = match self {
            Look::Itself => fs::symlink_metadata(path),
            Look::Target => fs::metadata(path),
        };
        metadata.as_ref().map(Stamp::of).unwrap_or_default()
    }
}

/// `paths` are as they are written.
fn digest(state: &RepoState, paths: &[u8], stamps: &[Stamp]) -> String {
    let mut hasher = environment();
    hasher.update(state.value().as_bytes()).update(&[0]).update(paths);
    for stamp in stamps {
        stamp.add_to(&mut hasher);
    }
    hasher.finalize().to_hex().to_string()
}

/// Everything that the state of a repository depends on, and the digest of what `lstat` says of it.
#[derive(Default)]
struct Stamps {
    /// Each with how it is looked at, and ended by a zero.
    paths: Vec<u8>,
    stamps: Vec<Stamp>,
}

impl Stamps {
    /// Nothing if something may have changed just before `now`, or if the state depends on more than can be told.
    fn take(root: &Path, now: SystemTime) -> Option<Stamps> {
        if !cfg!(unix) {
            // Elsewhere a file's times can be set at will, and there is nothing else to tell by.
            return None;
        }
        let mut taking = Taking { root, young: now.checked_sub(YOUNG)?, taken: Stamps::default() };
        if has_git(root).ok()? {
            let sources = git::sources(root).ok().flatten()?;
            sources.files.iter().try_for_each(|path| taking.add(path))?;
            let mut walk = folder::Walk::new(root, |path| sources.counted.has(path));
            taking.add_work_tree(&sources.ignored, &mut walk)?;
            taking.add_entries(walk.entries())?;
        } else {
            taking.add_entries(folder::entries(root).ok()?.entries())?;
        }
        Some(taking.taken)
    }

    fn keep(&self, kept: &Path, state: &RepoState) -> std::io::Result<()> {
        let digest = digest(state, &self.paths, &self.stamps);
        let header = serde_json::to_vec(&Header { format: FORMAT, state: state.clone(), digest })?;
        layout::write_whole(kept, &[&header, &b"\n"[..], &self.paths].concat())
    }
}

struct Taking<'a> {
    root: &'a Path,
    young: SystemTime,
    taken: Stamps,
}

impl Taking<'_> {
    /// Adds what lies at a path, relative to the root or absolute.
    fn add(&mut self, path: &Path) -> Option<()> {
        self.add_stamp(Look::Itself, path, Look::Itself.stamp(&self.root.join(path)))
    }

    fn add_stamp(&mut self, look: Look, path: &Path, stamp: Stamp) -> Option<()> {
        if stamp.is_younger_than(self.young) {
            return None;
        }
        self.taken.stamps.push(stamp);
        self.taken.paths.push(look.mark());
        self.taken.paths.extend(path.as_os_str().as_encoded_bytes());
        self.taken.paths.push(0);
        Some(())
    }

    /// Adds all that a walk has visited, as it looked then.
    fn add_entries(&mut self, entries: &[folder::Entry]) -> Option<()> {
        for folder::Entry { place, stamp, followed, .. } in entries {
            let path = place.strip_prefix(self.root).unwrap_or(place);
            self.add_stamp(Look::Itself, path, stamp.clone())?;
            if let Some(followed) = followed {
                self.add_stamp(Look::Target, path, followed.clone())?;
            }
        }
        Some(())
    }

    /// Adds each directory of a git work tree before what is in it: a name that comes in between changes the
    /// directory, and so what it looked like. The walk visits what is behind links.
    fn add_work_tree(&mut self, ignored: &BTreeSet<PathBuf>, walk: &mut folder::Walk) -> Option<()> {
        let mut directories = vec![PathBuf::new()];
        while let Some(directory) = directories.pop() {
            self.add(&directory)?;
            for entry in fs::read_dir(self.root.join(&directory)).ok()? {
                let entry = entry.ok()?;
                let (path, kind) = (directory.join(entry.file_name()), entry.file_type().ok()?);
                if entry.file_name() == ".git" {
                    if directory.as_os_str().is_empty() {
                        continue;
                    }
                    // Of a repository with a state of its own.
                    return None;
                }
                if ignored.contains(&path) {
                    continue;
                }
                if kind.is_dir() {
                    directories.push(path);
                    continue;
                }
                self.add(&path)?;
                if kind.is_symlink() {
                    self.add_stamp(Look::Target, &path, Look::Target.stamp(&self.root.join(&path)))?;
                    walk.add_behind(&path).ok()?;
                }
            }
        }
        Some(())
    }
}

/// A digest that begins with the variables by which git finds its configuration.
fn environment() -> blake3::Hasher {
    let is_read_by_git = |name: &str| name.starts_with("GIT_") || ["HOME", "XDG_CONFIG_HOME"].contains(&name);
    let read: BTreeSet<_> = std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_read_by_git)).collect();
    let mut hasher = blake3::Hasher::new();
    for (name, value) in read {
        for text in [name, value] {
            hasher.update(text.as_encoded_bytes()).update(&[0]);
        }
    }
    hasher
}

#[cfg(test)]
mod tests;
