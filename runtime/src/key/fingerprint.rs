//! What a repository and a piece of code are, in a few words and a digest.

mod bulk;
mod code;
mod folder;
mod git;
pub(crate) mod input;
mod stamps;
pub(crate) mod tool;

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use code::{Code, CodeFingerprint};
pub(crate) use code::{Files, State};
pub(crate) use folder::is_executable;
pub(crate) use stamps::state;

use crate::error::Error;

/// How many hexadecimal digits of a commit people are shown.
const SHORT_COMMIT: usize = 12;

/// Each repository within another takes some of the stack, and some processes.
const MAX_DEPTH: usize = 50;

/// The state of a repository: its commit, and what differs from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Noted")]
pub(crate) struct RepoState {
    /// The commit in full; `unborn` before the first one; `files` where there is no git.
    pub(crate) commit: String,
    /// The digest of all that differs from the commit (or of all files), in hexadecimal; none if nothing differs.
    pub(crate) difference: Option<String>,
}

impl RepoState {
    /// Looks at the repository at `path`: through git if `path` is the top level of a git work tree, else at the files
    /// themselves. In a plain folder inside another repository git would answer for that other one.
    pub(crate) fn of(path: &Path) -> Result<RepoState, Error> {
        RepoState::within(path, 0)
    }

    /// Looks at a repository that lies within `depth` others.
    fn within(path: &Path, depth: usize) -> Result<RepoState, Error> {
        // Only paths without links can be compared with what links lead to.
        let path = &path.canonicalize().map_err(Error::io("resolve", path))?;
        if depth > MAX_DEPTH {
            return Err(Error::Message(format!(
                "{} lies within more than {MAX_DEPTH} other repositories\n\
                 help: remove the repositories that are not needed",
                path.display()
            )));
        }
        if has_git(path)? {
            return git::state(path, depth);
        }
        Ok(RepoState { commit: "files".to_owned(), difference: Some(folder::digest(path)?) })
    }

    /// `40cfbab0b4f1`, `40cfbab0b4f1+dirty`, `unborn+dirty`, `files`.
    pub(crate) fn revision(&self) -> String {
        let commit = self.commit.get(..SHORT_COMMIT).unwrap_or(&self.commit);
        let dirty = if self.difference.is_some() && self.commit != "files" { "+dirty" } else { "" };
        format!("{commit}{dirty}")
    }

    /// All of it, for the key.
    pub(crate) fn value(&self) -> String {
        match &self.difference {
            None => self.commit.clone(),
            Some(difference) => format!("{}+{difference}", self.commit),
        }
    }
}

/// A state as a file has it, which may say anything: what is believed becomes part of paths.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Noted {
    commit: String,
    difference: Option<String>,
}

impl TryFrom<Noted> for RepoState {
    type Error = &'static str;

    fn try_from(Noted { commit, difference }: Noted) -> Result<RepoState, Self::Error> {
        let is_hex = |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        // The digits of SHA-1 and of SHA-256.
        let is_commit = matches!(&*commit, "unborn" | "files") || is_hex(&commit, 40) || is_hex(&commit, 64);
        if is_commit && difference.as_deref().is_none_or(|difference| is_hex(difference, 64)) {
            return Ok(RepoState { commit, difference });
        }
        Err("no state of a repository")
    }
}

fn has_git(path: &Path) -> Result<bool, Error> {
    match path.join(".git").symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io("look for git in", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_of_a_state_is_believed_only_if_it_can_be_one() {
        let read = |commit: &str, difference: Option<&str>| {
            let note = serde_json::json!({ "commit": commit, "difference": difference }).to_string();
            serde_json::from_str::<RepoState>(&note).ok()
        };
        let (commit, digest) = ("0123456789abcdef0123456789abcdef01234567", "0123456789abcdef".repeat(4));
        for commit in [commit, &digest, "unborn", "files"] {
            for difference in [None, Some(digest.as_str())] {
                let state = RepoState { commit: commit.to_owned(), difference: difference.map(str::to_owned) };
                assert_eq!(read(commit, difference), Some(state));
            }
        }
        let with_a_path = "../".repeat(12) + "evil";
        for commit in ["", "../../../p", &with_a_path, "Unborn", &commit[1..], &commit.replace('a', "g")] {
            assert_eq!(read(commit, None), None, "{commit}");
        }
        for difference in ["", "x", commit, &digest.replace('a', "/")] {
            assert_eq!(read(commit, Some(difference)), None, "{difference}");
        }
    }

    #[test]
    fn repositories_within_repositories_have_a_limit() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        assert!(RepoState::within(directory.path(), MAX_DEPTH).is_ok());
        let error = RepoState::within(directory.path(), MAX_DEPTH + 1).expect_err("too deep");
        assert!(error.to_string().contains("help: "), "{error}");
    }
}
