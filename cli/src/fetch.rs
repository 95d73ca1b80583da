//! Fetches repositories: from git servers, and source distributions from the Python package index.
//!
//! A fetch works in a scratch directory, and publishes the repository by one rename: completely or not at all. A killed
//! fetch leaves a scratch directory, which a later one removes. Two processes that fetch the same repository take
//! turns, and the second one finds it. A power failure may destroy a repository that was fetched seconds before.
//!
//! - A source distribution becomes a commit whose id depends on its files only: it is the same on every machine, and
//!   `rev` can pin it. Symbolic links are skipped.
//! - A git source becomes one detached commit, without history if the server supports that. Submodules and LFS objects
//!   are not fetched. `rev` is a full commit id, a tag or a branch.
//!
//! No fetched code runs, and no program asks questions.
//!
//! - `missing`: fetches what is missing, with progress
//! - `source`: one fetch, from its lock to the rename
//! - `fetch_dir`: scratch directories and locks
//! - `git`, `pypi`: the two kinds of sources; `unpack` unpacks archives
//! - `commit`, `repository`, `origin`: the local repository
//! - `command`: runs other programs

mod command;
mod commit;
mod fetch_dir;
mod git;
mod missing;
mod origin;
mod pypi;
mod repository;
mod source;
mod unpack;

pub(crate) use missing::{Unfetched, fetch_missing};
