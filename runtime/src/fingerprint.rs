//! What a repository and a piece of code are, in a few words and a digest.

mod code;
mod folder;
mod git;
mod stamps;

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use code::CodeFingerprint;
pub(crate) use stamps::state;

use crate::error::Error;

/// How many hexadecimal digits of a commit people are shown.
const SHORT_COMMIT: usize = 12;

/// The state of a repository: its commit, and what differs from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        if has_git(path)? {
            return git::state(path);
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

fn has_git(path: &Path) -> Result<bool, Error> {
    match path.join(".git").symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io("look for git in", path)(error)),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// A SHA-256 over parts of any bytes: each is preceded by its length, so that no two lists of parts meet.
#[derive(Default)]
pub(crate) struct Parts(Sha256);

impl Parts {
    pub(crate) fn add(&mut self, part: impl AsRef<[u8]>) -> &mut Parts {
        let part = part.as_ref();
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// BLAKE3 of a file's content, in hexadecimal.
pub(crate) fn file_digest(path: &Path) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    std::fs::File::open(path)
        .and_then(|file| hasher.update_reader(file).map(|_| ()))
        .map_err(Error::io("read", path))?;
    Ok(hasher.finalize().to_hex().to_string())
}
