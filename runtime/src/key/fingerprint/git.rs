//! The state of a git work tree: `git status`, the content of the files that it lists, and the differences that it does
//! not report.

mod command;
mod index;
mod names;
mod plain;
mod sources;
mod status;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;

pub(super) use command::os_str as path_text;
pub(super) use sources::files;

use super::folder;
use super::listing::listing;
use super::repo_state::RepoState;
use crate::digest::Parts;
use crate::error::Error;
use crate::ordered;
use crate::text;
use command::{expect_answers_for, run};
use index::{Entry, Index};
use names::Names;
use plain::Plain;
use status::{STATUS, STATUS_WITH_IGNORED, Status};

/// Takes the state of a repository within the work tree, given its path.
type TakeNested<'a> = &'a dyn Fn(&Path) -> Result<RepoState, Error>;

/// Returns `true` if there is a `.git` in the directory `path`.
pub(super) fn has_git(path: &Path) -> Result<bool, Error> {
    match path.join(".git").symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io("look for git in", path)(error)),
    }
}

/// The dependencies of the state of a work tree, besides the files in it and [`files`].
pub(super) struct Dependencies {
    /// Ignored paths in the work tree: files, and directories without tracked files.
    pub(super) ignored: BTreeSet<PathBuf>,
    /// The content behind links, with stamps from before it was read.
    pub(super) behind_links: Vec<folder::Entry>,
}

/// Takes the state of the repository at `root`, a path without links.
pub(super) fn state(root: &Path, nested: TakeNested<'_>) -> Result<RepoState, Error> {
    look(root, STATUS, nested).map(|(state, _)| state)
}

/// Takes the state of the repository at `root`, a path without links, with its dependencies. These are `None` if it has
/// submodules.
pub(super) fn state_and_dependencies(
    root: &Path,
    nested: TakeNested<'_>,
) -> Result<(RepoState, Option<Dependencies>), Error> {
    look(root, STATUS_WITH_IGNORED, nested)
}

fn look(root: &Path, status: &[&str], nested: TakeNested<'_>) -> Result<(RepoState, Option<Dependencies>), Error> {
    let plain = Plain::of(root);
    if plain.is_none() {
        expect_answers_for(root)?;
    }
    let looked = look_at(root, plain.as_ref(), status, nested);
    if looked.is_err() && plain.is_some() {
        // The reason may be that git does not answer for the work tree, which has its own advice.
        expect_answers_for(root)?;
    }
    looked
}

fn look_at(
    root: &Path,
    plain: Option<&Plain>,
    status: &[&str],
    nested: TakeNested<'_>,
) -> Result<(RepoState, Option<Dependencies>), Error> {
    thread::scope(|scope| {
        let status = scope.spawn(|| run(root, status));
        let index = Index::read(root, plain)?;
        // Before the output of `git status`, which fails without advice if a submodule is broken.
        let submodules = submodules(root, &index, nested)?;
        let unlike = index.unlike_objects(root, plain)?;
        let printed = status.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let status = Status::of(&printed, root)?;
        let mut state =
            Difference { root, nested, submodules, parts: Parts::default(), listed: Vec::new(), differs: false };
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
        let behind_links = state.add_behind_links(&index, &status)?;
        let has_submodules = index.entries.iter().any(Entry::is_submodule);
        let dependencies = Dependencies { ignored: status.ignored_paths(), behind_links };
        let Difference { parts, differs, listed, .. } = state;
        let difference = differs.then(|| parts.finish());
        let state = RepoState { commit: status.commit, difference, listing: listing(&listed) };
        Ok((state, (!has_submodules).then_some(dependencies)))
    })
}

/// Takes the state of each submodule that is checked out.
fn submodules<'a>(
    root: &Path,
    index: &'a Index,
    nested: TakeNested<'_>,
) -> Result<BTreeMap<&'a OsStr, RepoState>, Error> {
    let mut submodules = BTreeMap::new();
    for entry in index.entries.iter().filter(|entry| entry.is_submodule()) {
        let path = root.join(&entry.name);
        let is_directory = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        if is_directory && !is_behind_a_link(root, &path) && has_git(&path)? {
            submodules.insert(&*entry.name, nested(&path)?);
        }
    }
    Ok(submodules)
}

/// The difference of a work tree from its commit, as far as it was added.
struct Difference<'a> {
    root: &'a Path,
    nested: TakeNested<'a>,
    submodules: BTreeMap<&'a OsStr, RepoState>,
    parts: Parts,
    /// The paths that differ, each with a text that changes with it.
    listed: Vec<(String, String)>,
    differs: bool,
}

impl Difference<'_> {
    /// Adds a path that differs, with its content: git prints the same line after every further edit.
    fn add(&mut self, line: &[u8], name: &OsStr) -> Result<(), Error> {
        self.differs = true;
        // The line itself holds the index's modes and object ids, and a submodule's flags.
        self.parts.add(line);
        let path = self.root.join(name);
        let state = match path.symlink_metadata() {
            _ if is_behind_a_link(self.root, &path) => self.add_absent(),
            // A submodule, or an untracked repository.
            Ok(metadata) if metadata.is_dir() => {
                let state = self.submodules.get(name).cloned();
                let state = state.map_or_else(|| (self.nested)(&path), Ok)?;
                self.parts.add("repository").add(state.value());
                state.value()
            }
            Ok(metadata) => folder::add_file(&mut self.parts, &path, &metadata)?,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => self.add_absent(),
            Err(error) => return Err(Error::io("read the metadata of", &path)(error)),
        };
        self.listed.push((text::path(Path::new(name)), state));
        Ok(())
    }

    fn add_absent(&mut self) -> String {
        self.parts.add("absent");
        "absent".to_owned()
    }

    /// Adds a submodule that `git status` does not list, if it differs all the same: it was never checked out, or it
    /// has edits that git does not see.
    fn add_submodule(&mut self, entry: &Entry) -> Result<(), Error> {
        match self.submodules.get(&*entry.name) {
            Some(state) if state.difference.is_none() && state.commit.as_bytes() == entry.oid() => Ok(()),
            _ => self.add(&entry.line, &entry.name),
        }
    }

    /// Adds the content behind links that leave the repository, or lead to a file in it that does not count. Returns
    /// that content.
    fn add_behind_links(&mut self, index: &Index, status: &Status) -> Result<Vec<folder::Entry>, Error> {
        let is_link = |name: &&OsStr| self.root.join(name).is_symlink();
        // `git status` does not list an overlooked file or submodule that has become a link.
        let may_be_link = |entry: &&Entry| entry.is_link() || entry.is_overlooked() || entry.is_submodule();
        let tracked = index.entries.iter().filter(may_be_link).map(|entry| &*entry.name);
        let links: BTreeSet<&OsStr> = ordered::collect(tracked.chain(status.names.iter().copied()).filter(is_link));
        if links.is_empty() {
            return Ok(Vec::new());
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
            self.listed.extend(walk.add_to(&mut self.parts)?);
        }
        Ok(walk.into_entries())
    }
}

/// Returns `true` if a directory on the way from the root is a link. Then `path` is not in the work tree.
fn is_behind_a_link(root: &Path, path: &Path) -> bool {
    path.ancestors().skip(1).take_while(|above| *above != root).any(Path::is_symlink)
}
