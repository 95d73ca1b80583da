//! The state of a git work tree: one `git status`, the content of what it lists, and the content of what it is silent
//! about.

mod command;
mod index;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Component, Path};
use std::thread;

pub(super) use command::os_str as path_text;
pub(super) use sources::sources;

use super::{RepoState, folder, has_git};
use crate::digest::Parts;
use crate::error::Error;
use command::{expect_answers_for, os_str, run, unexpected};
use index::{Entry, Index};

const STATUS: &[&str] = &[
    "status",
    "--porcelain=v2",
    "-z",
    "--branch",
    "--no-ahead-behind",
    "--no-renames",
    "--untracked-files=all",
    "--ignore-submodules=none",
];

/// How many fields come before the path in a line of porcelain version 2, by the line's first letter
/// (git-status(1), "Porcelain Format Version 2").
fn fields_before_path(kind: u8) -> Option<usize> {
    match kind {
        b'1' => Some(8),
        b'u' => Some(10),
        b'?' => Some(1),
        _ => None,
    }
}

/// Takes the state of the repository at `root`, a path without links, which lies within `depth` others.
pub(super) fn state(root: &Path, depth: usize) -> Result<RepoState, Error> {
    expect_answers_for(root)?;
    thread::scope(|scope| {
        let status = scope.spawn(|| run(root, STATUS));
        let index = Index::read(root)?;
        // Before what `git status` says: where a submodule is broken, it ends without advice.
        let submodules = submodules(root, depth, &index)?;
        let unlike = index.unlike_objects(root)?;
        let printed = status.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let status = Status::of(&printed, root)?;
        let mut state = Differing { root, depth, submodules, parts: Parts::default(), differs: false };
        for (line, name) in &status.differing {
            state.add(line, name)?;
        }
        for entry in index.entries.iter().filter(|entry| entry.is_overlooked()) {
            state.add(&entry.line, &entry.name)?;
        }
        let is_listed = |entry: &Entry| status.names.contains(&*entry.name);
        for entry in
            index.entries.iter().filter(|entry| entry.is_submodule() && !entry.is_overlooked() && !is_listed(entry))
        {
            state.add_submodule(entry)?;
        }
        for entry in unlike.beside(is_listed, root)? {
            state.add(&entry.line, &entry.name)?;
        }
        state.add_behind_links(&index, &status)?;
        let Differing { parts, differs, .. } = state;
        Ok(RepoState { commit: status.commit, difference: differs.then(|| parts.finish()) })
    })
}

/// What `git status` has printed.
struct Status<'a> {
    commit: String,
    /// Each line about a path that differs, and the path.
    differing: Vec<(&'a [u8], &'a OsStr)>,
    names: BTreeSet<&'a OsStr>,
    /// What matches a pattern of what is to be ignored; only if git was asked for it.
    ignored: Vec<&'a OsStr>,
}

impl<'a> Status<'a> {
    fn of(printed: &'a [u8], root: &Path) -> Result<Status<'a>, Error> {
        let mut status =
            Status { commit: "unborn".to_owned(), differing: Vec::new(), names: BTreeSet::new(), ignored: Vec::new() };
        for line in printed.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
            if let Some(oid) = line.strip_prefix(b"# branch.oid ") {
                if oid != b"(initial)" {
                    status.commit = String::from_utf8_lossy(oid).into_owned();
                }
            } else if let Some(name) = line.strip_prefix(b"! ") {
                status.ignored.push(name_below(root, name)?);
            } else if line[0] != b'#' {
                let unexpected = || unexpected(root, STATUS, line);
                let before = fields_before_path(line[0]).ok_or_else(unexpected)?;
                let name = line.splitn(before + 1, |byte| *byte == b' ').nth(before).ok_or_else(unexpected)?;
                let name = name_below(root, name)?;
                status.differing.push((line, name));
                status.names.insert(name);
            }
        }
        Ok(status)
    }
}

/// Takes the state of each submodule that is checked out.
fn submodules<'a>(root: &Path, depth: usize, index: &'a Index) -> Result<BTreeMap<&'a OsStr, RepoState>, Error> {
    let mut submodules = BTreeMap::new();
    for entry in index.entries.iter().filter(|entry| entry.is_submodule()) {
        let path = root.join(&entry.name);
        let is_directory = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        if is_directory && !is_behind_a_link(root, &path) && has_git(&path)? {
            submodules.insert(&*entry.name, RepoState::within(&path, depth + 1)?);
        }
    }
    Ok(submodules)
}

/// The difference of a work tree from its commit, as far as it is known.
struct Differing<'a> {
    root: &'a Path,
    depth: usize,
    submodules: BTreeMap<&'a OsStr, RepoState>,
    parts: Parts,
    differs: bool,
}

impl Differing<'_> {
    /// Adds a path that differs: git tells *that* it differs, and says the same after every further edit.
    fn add(&mut self, line: &[u8], name: &OsStr) -> Result<(), Error> {
        self.differs = true;
        // The line itself holds the index's modes and object ids, and a submodule's flags.
        self.parts.add(line);
        let path = self.root.join(name);
        match path.symlink_metadata() {
            _ if is_behind_a_link(self.root, &path) => {
                self.parts.add("absent");
                Ok(())
            }
            // A submodule, or a repository of its own that is not tracked.
            Ok(metadata) if metadata.is_dir() => {
                let state = self.submodules.get(name).cloned();
                self.parts
                    .add("repository")
                    .add(state.map_or_else(|| RepoState::within(&path, self.depth + 1), Ok)?.value());
                Ok(())
            }
            Ok(metadata) => folder::add_file(&mut self.parts, &path, &metadata),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                self.parts.add("absent");
                Ok(())
            }
            Err(error) => Err(Error::io("look at", &path)(error)),
        }
    }

    /// Adds a submodule that `git status` is silent about if it is not what git takes it for: it was never checked
    /// out, or something in it was edited behind git's back.
    fn add_submodule(&mut self, entry: &Entry) -> Result<(), Error> {
        match self.submodules.get(&*entry.name) {
            Some(state) if state.difference.is_none() && state.commit.as_bytes() == entry.oid() => Ok(()),
            _ => self.add(&entry.line, &entry.name),
        }
    }

    /// Adds what is behind links that leave the repository, or lead to something in it that does not count.
    fn add_behind_links(&mut self, index: &Index, status: &Status) -> Result<(), Error> {
        let is_link = |name: &&OsStr| self.root.join(name).is_symlink();
        // `git status` does not list an overlooked file or submodule that has become a link.
        let may_be_link = |entry: &&Entry| entry.is_link() || entry.is_overlooked() || entry.is_submodule();
        let tracked = index.entries.iter().filter(may_be_link).map(|entry| &*entry.name);
        let links: BTreeSet<&OsStr> = tracked.chain(status.names.iter().copied()).filter(is_link).collect();
        if links.is_empty() {
            return Ok(());
        }
        let counted = Names::of(index.names().chain(status.names.iter().copied()));
        let mut walk = folder::Walk::new(self.root, |path| counted.has(path));
        for link in links.into_iter().map(Path::new) {
            if !is_behind_a_link(self.root, &self.root.join(link)) {
                walk.add_behind(link)?;
            }
        }
        if walk.has_content() {
            self.differs = true;
            self.parts.add("behind links");
            walk.add_to(&mut self.parts)?;
        }
        Ok(())
    }
}

/// The paths that count in a work tree: files, submodules, and repositories that are not tracked.
pub(super) struct Names(Vec<Vec<u8>>);

impl Names {
    fn of<'a>(names: impl Iterator<Item = &'a OsStr>) -> Names {
        let mut names: Vec<Vec<u8>> = names.map(|name| with_slashes(Path::new(name))).collect();
        names.sort_unstable();
        Names(names)
    }

    /// Returns `true` if the path or anything below it counts.
    pub(super) fn has(&self, path: &Path) -> bool {
        let mut name = with_slashes(path);
        if name.is_empty() || self.0.binary_search(&name).is_ok() {
            return true;
        }
        name.push(b'/');
        let first = self.0.partition_point(|other| *other < name);
        self.0.get(first).is_some_and(|other| other.starts_with(&name))
    }
}

/// Writes a path as git does, without the slash at the end of a directory.
fn with_slashes(path: &Path) -> Vec<u8> {
    let names: Vec<&[u8]> = path.components().map(|component| component.as_os_str().as_encoded_bytes()).collect();
    names.join(&b'/')
}

/// Returns `true` if a directory on the way from the root is a link: `path` is not in the work tree then.
fn is_behind_a_link(root: &Path, path: &Path) -> bool {
    path.ancestors().skip(1).take_while(|above| *above != root).any(Path::is_symlink)
}

/// Checks a path that git has printed. One that does not lead down from the root would make a repository contain
/// itself.
fn name_below<'a>(root: &Path, printed: &'a [u8]) -> Result<&'a OsStr, Error> {
    let name = os_str(printed)?;
    let mut components = Path::new(name).components().peekable();
    if components.peek().is_some() && components.all(|component| matches!(component, Component::Normal(_))) {
        return Ok(name);
    }
    Err(Error::Message(format!(
        "git names `{}` in {}, which is not below it\n\
         help: clone the repository anew",
        String::from_utf8_lossy(printed),
        root.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_below_the_root_are_accepted() {
        let is_accepted = |name: &str| name_below(Path::new("/r"), name.as_bytes()).is_ok();
        for name in ["a", "a/b", "sub/", " ", "..a", "a\nb"] {
            assert!(is_accepted(name), "{name}");
        }
        for name in ["", ".", "./", "./a", "..", "../r", "a/..", "a/../..", "/", "/r"] {
            assert!(!is_accepted(name), "{name}");
        }
    }

    #[test]
    fn a_directory_counts_if_anything_below_it_does() {
        let names = Names::of(["a.txt", "b-c/d", "b/c/d", "sub", "within/"].into_iter().map(OsStr::new));
        for path in ["", "a.txt", "b", "b/c", "b/c/d", "b-c", "sub", "within"] {
            assert!(names.has(Path::new(path)), "{path}");
        }
        for path in ["a", "a.tx", "b/d", "c", "sub/x", "within/x", "z"] {
            assert!(!names.has(Path::new(path)), "{path}");
        }
    }
}
