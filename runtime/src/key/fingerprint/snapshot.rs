//! Takes the state of a repository: by git, or by its files.

use std::path::{Path, PathBuf};

use super::folder;
use super::git::{self, has_git};
use super::repo_state::RepoState;
use crate::error::Error;
use crate::paths;

/// The limit on nested repositories: each takes some of the stack, and some processes.
const MAX_DEPTH: usize = 50;

/// The dependencies of a state.
pub(super) enum Dependencies {
    Git(git::Dependencies),
    Folder(Vec<folder::Entry>),
}

impl RepoState {
    /// Takes the state of the repository at `path`.
    ///
    /// Asks git only if `path` is the top level of a git work tree. In a plain folder inside another repository, git
    /// would answer for that other one.
    pub(crate) fn of(path: &Path) -> Result<RepoState, Error> {
        within(path, 0)
    }

    /// Takes the state of the repository at `path`, with its dependencies as far as they are known.
    pub(super) fn with_dependencies(path: &Path) -> Result<(RepoState, Option<Dependencies>), Error> {
        let path = &resolved(path)?;
        if has_git(path)? {
            let (state, dependencies) = git::state_and_dependencies(path, &|nested| within(nested, 1))?;
            return Ok((state, dependencies.map(Dependencies::Git)));
        }
        let (state, entries) = of_folder(path)?;
        Ok((state, Some(Dependencies::Folder(entries))))
    }
}

/// Takes the state of a repository that lies within `depth` others.
fn within(path: &Path, depth: usize) -> Result<RepoState, Error> {
    let path = &resolved(path)?;
    if depth > MAX_DEPTH {
        return Err(Error::Message(format!(
            "{} lies within more than {MAX_DEPTH} other repositories\n\
             help: remove the repositories that are not needed",
            path.display()
        )));
    }
    if has_git(path)? {
        return git::state(path, &|nested| within(nested, depth + 1));
    }
    of_folder(path).map(|(state, _)| state)
}

fn of_folder(path: &Path) -> Result<(RepoState, Vec<folder::Entry>), Error> {
    let folder::Digested { digest, listing, entries } = folder::digest(path)?;
    Ok((RepoState { commit: "files".to_owned(), difference: Some(digest), listing }, entries))
}

/// Resolves links, because only paths without links can be compared with the targets of links.
fn resolved(path: &Path) -> Result<PathBuf, Error> {
    paths::real(path).map_err(Error::io("resolve", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_repositories_have_a_limit() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        assert!(within(directory.path(), MAX_DEPTH).is_ok());
        let error = within(directory.path(), MAX_DEPTH + 1).expect_err("too deep");
        assert!(error.to_string().contains("help: "), "{error}");
    }
}
