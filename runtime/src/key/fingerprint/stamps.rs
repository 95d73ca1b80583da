//! Keeps the state of a repository with the stamps of its files. While the stamps are the same, the state is the same,
//! and neither git nor the content of the files is read.
//!
//! A file in the cache serves all runs on this machine. It holds the paths of every file and directory that the state
//! depends on, and one digest of their metadata (`lstat`) and of everything else in the file. The times of a directory
//! change when a name is added or removed, those of a file when its content changes. For a git work tree, git's own
//! files and its configuration are included, and ignored files are skipped. A link has two stamps, its own and that of
//! its target. The content behind a link that leaves the repository is included.
//!
//! A file that changes twice within one tick of the file system's clock has the same stamp after both changes. So
//! nothing is kept while any file is [`YOUNG`].

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::repo_state::RepoState;
use super::snapshot::Dependencies;
use super::{folder, git};
use crate::cores;
use crate::error::Error;
use crate::key::stamp::Stamp;
use crate::layout;
use crate::plain_file;

/// The age below which a stamp is not kept. Longer than a tick of any file system's clock: that of FAT takes 2 s.
pub(super) const YOUNG: Duration = Duration::from_secs(3);
/// The limit on the size of the file. More than the paths of ten million files.
const MAX_BYTES: u64 = 1 << 30;
/// The version of the format. A change of the dependencies or of the digest raises it.
const FORMAT: u32 = 5;

/// The first line of the file. The paths follow, each terminated by a zero byte.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
    state: RepoState,
    /// BLAKE3 of the environment that git reads, of the state and the paths as they are written, and of all stamps.
    digest: String,
}

/// Returns the state of the repository at `root`: the one in the file `kept` if nothing has changed since, else a new
/// one.
pub(crate) fn state(root: &Path, kept: &Path, now: SystemTime) -> Result<RepoState, Error> {
    if let Some(state) = unchanged(root, kept) {
        return Ok(state);
    }
    let Some(taking) = Taking::begin(root, now) else { return RepoState::of(root) };
    let (state, dependencies) = RepoState::with_dependencies(root)?;
    if let Some(stamps) = dependencies.and_then(|dependencies| taking.finish(&dependencies)) {
        // An optimization: on failure, the next process takes the state again.
        let _ = stamps.keep(kept, &state);
    }
    Ok(state)
}

/// Returns the state in the file `kept` if all stamps are the same.
fn unchanged(root: &Path, kept: &Path) -> Option<RepoState> {
    let content = plain_file::read(&plain_file::open(kept).ok()?, MAX_BYTES).ok()?;
    let end = content.iter().position(|byte| *byte == b'\n')?;
    let (header, written) = (&content[..end], &content[end + 1..]);
    let header: Header = serde_json::from_slice(header).ok().filter(|header: &Header| header.format == FORMAT)?;
    let paths = written.strip_suffix(&[0])?.split(|byte| *byte == 0);
    let paths: Vec<(Look, &Path)> = paths.map(Look::parse).collect::<Option<_>>()?;
    let stamps = cores::map(&paths, |(look, path)| look.stamp(&root.join(path)));
    (digest(&header.state, written, &stamps) == header.digest).then_some(header.state)
}

/// The way to read the metadata of a path.
#[derive(Clone, Copy)]
enum Look {
    /// The metadata of the path itself, by `lstat`.
    Itself,
    /// The metadata of the link's target, by `stat`. It shows a change of any link on the way.
    Target,
}

impl Look {
    /// Reads a [`mark`](Self::mark) and a path.
    fn parse(written: &[u8]) -> Option<(Look, &Path)> {
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

    /// Returns the stamp of the path, or all zeros if nothing exists there.
    fn stamp(self, path: &Path) -> Stamp {
        let metadata = match self {
            Look::Itself => fs::symlink_metadata(path),
            Look::Target => fs::metadata(path),
        };
        metadata.as_ref().map(Stamp::of).unwrap_or_default()
    }
}

/// Returns the digest of the header, given the paths as they are written.
fn digest(state: &RepoState, paths: &[u8], stamps: &[Stamp]) -> String {
    let mut hasher = environment();
    hasher.update(state.value().as_bytes()).update(&[0]).update(state.listing.as_bytes()).update(&[0]).update(paths);
    for stamp in stamps {
        stamp.add_to(&mut hasher);
    }
    hasher.finalize().to_hex().to_string()
}

/// The dependencies of the state of a repository, with their stamps.
#[derive(Default)]
struct Stamps {
    /// The paths, each after its mark and before a zero byte.
    paths: Vec<u8>,
    stamps: Vec<Stamp>,
}

impl Stamps {
    fn keep(&self, kept: &Path, state: &RepoState) -> std::io::Result<()> {
        let digest = digest(state, &self.paths, &self.stamps);
        let header = serde_json::to_vec(&Header { format: FORMAT, state: state.clone(), digest })?;
        layout::write_whole(kept, &[&header, &b"\n"[..], &self.paths].concat())
    }
}

/// The stamps that are taken around a state.
///
/// Files outside of the work tree come first, then the state, then the work tree. A change of the work tree in between
/// is younger than the beginning, and is found: each change sets the time of a file, or that of a directory. A file
/// outside could disappear without a trace after the state was taken.
struct Taking<'a> {
    root: &'a Path,
    young: SystemTime,
    taken: Stamps,
}

impl<'a> Taking<'a> {
    /// Begins before the state is taken. Returns `None` if a file may have changed just before `now`, or if the
    /// dependencies of the state are not known.
    fn begin(root: &'a Path, now: SystemTime) -> Option<Taking<'a>> {
        if !cfg!(unix) {
            // On other systems a process can set all times of a file, and no other metadata shows a change.
            return None;
        }
        let mut taking = Taking { root, young: now.checked_sub(YOUNG)?, taken: Stamps::default() };
        if git::has_git(root).ok()? {
            git::files(root).ok().flatten()?.iter().try_for_each(|path| taking.add(path))?;
        }
        Some(taking)
    }

    /// Takes the other stamps after the state, given its dependencies. Returns `None` if a file may have changed.
    fn finish(mut self, dependencies: &Dependencies) -> Option<Stamps> {
        match dependencies {
            Dependencies::Git(git::Dependencies { ignored, behind_links }) => {
                self.add_work_tree(ignored)?;
                self.add_entries(behind_links)?;
            }
            Dependencies::Folder(entries) => self.add_entries(entries)?,
        }
        Some(self.taken)
    }

    /// Adds a path, relative to the root or absolute.
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

    /// Adds everything that a walk has visited, with the stamps that it took.
    fn add_entries(&mut self, entries: &[folder::Entry]) -> Option<()> {
        for folder::Entry { path, stamp, followed, .. } in entries {
            let path = path.strip_prefix(self.root).unwrap_or(path);
            self.add_stamp(Look::Itself, path, stamp.clone())?;
            if let Some(followed) = followed {
                self.add_stamp(Look::Target, path, followed.clone())?;
            }
        }
        Some(())
    }

    /// Adds the directories and files of a git work tree.
    ///
    /// Adds each directory before its content: a name that is created in between changes the directory's stamp.
    fn add_work_tree(&mut self, ignored: &BTreeSet<PathBuf>) -> Option<()> {
        let mut directories = vec![PathBuf::new()];
        let mut others = Vec::new();
        while let Some(directory) = directories.pop() {
            self.add(&directory)?;
            for entry in fs::read_dir(self.root.join(&directory)).ok()? {
                let entry = entry.ok()?;
                let (path, kind) = (directory.join(entry.file_name()), entry.file_type().ok()?);
                if entry.file_name() == ".git" {
                    if directory.as_os_str().is_empty() {
                        continue;
                    }
                    // A nested repository has its own state.
                    return None;
                }
                if ignored.contains(&path) {
                    continue;
                }
                if kind.is_dir() {
                    directories.push(path);
                    continue;
                }
                if kind.is_symlink() {
                    others.push((Look::Target, path.clone()));
                }
                others.push((Look::Itself, path));
            }
        }
        let stamps = cores::map(&others, |(look, path)| look.stamp(&self.root.join(path)));
        others.iter().zip(stamps).try_for_each(|((look, path), stamp)| self.add_stamp(*look, path, stamp))
    }
}

/// Returns a hasher that has read the variables by which git finds its configuration.
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
