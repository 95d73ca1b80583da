//! A named part of a cache key.

use serde::{Deserialize, Serialize};

use crate::digest::Parts;

/// One thing that an artifact depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct KeyInput {
    /// `repo`, `suite`, `code`, `files`, `config`, `path`, `format`, `codec` or `hermetic`; for a declared input
    /// `file`, `directory`, `variable` or `tool`.
    pub name: String,
    /// The value that counts for the key.
    ///
    /// For a declared input: its path or name, a tab, and the digest of its content, its quoted value or its quoted
    /// version. A variable that is not set has its name only.
    pub value: String,
    /// SHA-256 of name and value, in hexadecimal.
    pub digest: String,
    /// Details for messages, such as the directories of a code fingerprint. Not part of the key.
    ///
    /// For a declared directory, and for a repository without git: its files with the first digits of their digests,
    /// unless the list is too long. For a repository with git: those that differ from its commit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl KeyInput {
    pub(crate) fn new(name: &str, value: String) -> KeyInput {
        let mut parts = Parts::default();
        parts.add(name).add(&value);
        KeyInput { name: name.to_owned(), value, digest: parts.finish(), note: String::new() }
    }

    pub(crate) fn with_note(self, note: String) -> KeyInput {
        KeyInput { note, ..self }
    }

    /// Returns `true` if both are the same part of a key; their notes may differ.
    pub(crate) fn is(&self, other: &KeyInput) -> bool {
        (&self.name, &self.value, &self.digest) == (&other.name, &other.value, &other.digest)
    }
}
