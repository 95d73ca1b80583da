//! The state of a repository, as part of a key and as a line in a file.

use serde::{Deserialize, Serialize};

use super::listing::MAX_LISTING;

/// The number of hexadecimal digits of a commit that messages show.
const SHORT_COMMIT: usize = 12;

/// The state of a repository: its commit, and what differs from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Untrusted")]
pub(crate) struct RepoState {
    /// The commit in full, `unborn` before the first commit, or `files` without git.
    pub(crate) commit: String,
    /// The digest of all that differs from the commit, or of all files without git, in hexadecimal. `None` if nothing
    /// differs.
    pub(crate) difference: Option<String>,
    /// The [listing](super::listing) of what differs, or of all files without git. Not part of the key.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) listing: String,
}

/// States are the same if their parts of the key are. An earlier version kept no listing.
impl PartialEq for RepoState {
    fn eq(&self, other: &RepoState) -> bool {
        (&self.commit, &self.difference) == (&other.commit, &other.difference)
    }
}

impl Eq for RepoState {}

impl RepoState {
    /// Returns the revision as messages show it: `40cfbab0b4f1`, `40cfbab0b4f1+dirty`, `unborn+dirty`, `files`.
    pub(crate) fn revision(&self) -> String {
        let commit = self.commit.get(..SHORT_COMMIT).unwrap_or(&self.commit);
        let dirty = if self.difference.is_some() && self.commit != "files" { "+dirty" } else { "" };
        format!("{commit}{dirty}")
    }

    /// Returns commit and difference in full, for the key.
    pub(crate) fn value(&self) -> String {
        match &self.difference {
            None => self.commit.clone(),
            Some(difference) => format!("{}+{difference}", self.commit),
        }
    }
}

/// A state from a file, which is untrusted input: a valid state becomes part of paths.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Untrusted {
    commit: String,
    difference: Option<String>,
    #[serde(default)]
    listing: String,
}

impl TryFrom<Untrusted> for RepoState {
    type Error = &'static str;

    fn try_from(Untrusted { commit, difference, listing }: Untrusted) -> Result<RepoState, Self::Error> {
        let is_hex = |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        // A commit has the digits of SHA-1 or of SHA-256.
        let is_commit = matches!(&*commit, "unborn" | "files") || is_hex(&commit, 40) || is_hex(&commit, 64);
        let is_digest = difference.as_deref().is_none_or(|difference| is_hex(difference, 64));
        if is_commit && is_digest && listing.len() <= MAX_LISTING {
            return Ok(RepoState { commit, difference, listing });
        }
        Err("malformed state of a repository")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_states_are_rejected() {
        let read = |commit: &str, difference: Option<&str>| {
            let text = serde_json::json!({ "commit": commit, "difference": difference }).to_string();
            serde_json::from_str::<RepoState>(&text).ok()
        };
        let (commit, digest) = ("0123456789abcdef0123456789abcdef01234567", "0123456789abcdef".repeat(4));
        for commit in [commit, &digest, "unborn", "files"] {
            for difference in [None, Some(digest.as_str())] {
                let difference_of_state = difference.map(str::to_owned);
                let state =
                    RepoState { commit: commit.to_owned(), difference: difference_of_state, listing: String::new() };
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
}
