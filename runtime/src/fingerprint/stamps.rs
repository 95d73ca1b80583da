//! What the file system said of a repository when its state was taken: while it says the same, the state is the same, and neither git
//! nor the files' content need be asked.
//!
//! Kept in a file of the cache, for all runs on this machine: the paths of every file and directory that the state depends on, and
//! one digest of what `lstat` says of all of them, and of all that the file says. A directory's times tell of names that come and go in it, a file's of its
//! content. For a git work tree that includes git's own files and its configuration; what git ignores is left out.
//!
//! A file that is changed twice within one tick of the file system's clock looks the same after both, so nothing is kept while
//! anything is [`YOUNG`].

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{RepoState, folder, git, has_git};
use crate::cores;
use crate::error::Error;
use crate::layout;
use crate::plain_file;
use crate::stamp::Stamp;

/// Longer than a tick of any file system's clock: the coarsest, FAT's, takes 2 s.
pub(super) const YOUNG: Duration = Duration::from_secs(3);
/// More than the paths of ten million files.
const MAX_BYTES: u64 = 1 << 30;
/// Raised when what is looked at changes.
const FORMAT: u32 = 2;

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
    let paths: Vec<&Path> = paths.map(|path| git::os_str(path).map(Path::new).ok()).collect::<Option<_>>()?;
    let stamps = cores::map(&paths, |path| look(&root.join(path)));
    (digest(&header.state, written, &stamps) == header.digest).then_some(header.state)
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
    /// Each ended by a zero.
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
            taking.add_directory(Path::new(""), &|path, _| sources.ignored.contains(path), true)?;
        } else {
            let is_left_out = |path: &Path, is_directory| is_directory && !folder::is_part(&root.join(path));
            taking.add_directory(Path::new(""), &is_left_out, false)?;
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
        let stamp = look(&self.root.join(path));
        if stamp.is_younger_than(self.young) {
            return None;
        }
        self.taken.stamps.push(stamp);
        self.taken.paths.extend(path.as_os_str().as_encoded_bytes());
        self.taken.paths.push(0);
        Some(())
    }

    /// Adds a directory, and then all below it: a name that comes in between changes the directory, and so what it looked like.
    fn add_directory(
        &mut self,
        path: &Path,
        is_left_out: &dyn Fn(&Path, bool) -> bool,
        is_work_tree: bool,
    ) -> Option<()> {
        self.add(path)?;
        let mut entries: Vec<_> = fs::read_dir(self.root.join(path)).ok()?.collect::<Result<_, _>>().ok()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let below = path.join(entry.file_name());
            let is_directory = entry.file_type().ok()?.is_dir();
            if is_work_tree && entry.file_name() == ".git" {
                if path.as_os_str().is_empty() {
                    continue;
                }
                // Of a repository with a state of its own.
                return None;
            }
            if is_left_out(&below, is_directory) {
                continue;
            }
            if is_directory {
                self.add_directory(&below, is_left_out, is_work_tree)?;
            } else {
                self.add(&below)?;
            }
        }
        Some(())
    }
}

fn look(path: &Path) -> Stamp {
    fs::symlink_metadata(path).as_ref().map(Stamp::of).unwrap_or_default()
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
