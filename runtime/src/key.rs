//! A key: everything that an artifact depends on, as named key inputs, and the digest of them all.
//!
//! Key inputs, by name: `repo`, `suite`, `code`, `files`, `config`, `path`, `format`, and the declared inputs `file`, `directory`, `variable`,
//! `tool`. A name may occur more than once: an artifact that names its own configuration and needs another one has both. Their
//! order and repetition do not matter.

mod canonical;
mod configuration;
mod difference;
pub(crate) mod fingerprint;
mod identity;
mod input;
pub(crate) mod repo;
mod resolved;
pub(crate) mod stamp;

use serde::{Deserialize, Serialize};

pub(crate) use canonical::canonical;
pub(crate) use configuration::configuration;
pub use configuration::tell_apart;
pub use difference::{describe, in_common};
pub(crate) use identity::artifact as artifact_identity;
pub(crate) use input::Input;
pub(crate) use resolved::{Checked, Declared, ResolvedKey};

use crate::digest::Parts;

/// How many hexadecimal digits of a key name its directory; the manifest holds all of them.
const SHORT_DIGEST: usize = 16;

/// One thing that an artifact depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct KeyInput {
    /// `repo`, `suite`, `code`, `files`, `config`, `path` or `format`; or `file`, `directory`, `variable` or `tool`, for a declared input.
    pub name: String,
    /// What it is: this is what counts. Of a declared input: its path or name, a tab, and the digest of its content, its value
    /// in quotes, or its version in quotes; a variable that is not set has its name only.
    pub value: String,
    /// SHA-256 of name and value, hexadecimal.
    pub digest: String,
    /// For people, such as which directories the code's digest is of; no part of the key. Of a directory: what is in it, with
    /// the first digits of their digests, if that is not too much.
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

    /// Whether both are the same part of a key.
    pub(crate) fn is(&self, other: &KeyInput) -> bool {
        (&self.name, &self.value, &self.digest) == (&other.name, &other.value, &other.digest)
    }

    /// Value and note on one line, for people: digests of declared inputs are shortened.
    pub fn summary(&self) -> String {
        if let Some(input) = input::Known::read(self) {
            return input.to_string();
        }
        // The exact notation of a configuration and the parts of a fingerprint are for comparing.
        let value = self.value.lines().next().unwrap_or_default();
        match self.note.lines().next() {
            None => value.to_owned(),
            Some(names) => format!("{value} ({names})"),
        }
    }
}

/// The key of an artifact over a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    repo: String,
    revision: String,
    key_inputs: Vec<KeyInput>,
    digest: String,
}

impl Key {
    pub(crate) fn new(repo: &str, revision: &str, mut key_inputs: Vec<KeyInput>) -> Key {
        key_inputs.sort();
        key_inputs.dedup_by(|left, right| left.digest == right.digest);
        let mut parts = Parts::default();
        // By digest, so that a note cannot change the order.
        let mut digests: Vec<&str> = key_inputs.iter().map(|key_input| key_input.digest.as_str()).collect();
        digests.sort_unstable();
        for digest in digests {
            parts.add(digest);
        }
        Key { repo: repo.to_owned(), revision: revision.to_owned(), key_inputs, digest: parts.finish() }
    }

    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }

    pub(crate) fn revision(&self) -> &str {
        &self.revision
    }

    pub(crate) fn key_inputs(&self) -> &[KeyInput] {
        &self.key_inputs
    }

    /// SHA-256 of all key inputs, hexadecimal.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// The entry's directory: `40cfbab0b4f1-5d0c6a1be2f94c77`.
    pub(crate) fn entry(&self) -> String {
        format!("{}-{}", self.revision, self.short())
    }

    /// What people are shown: `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
    pub(crate) fn display(&self) -> String {
        format!("{}:{}:{}", self.repo, self.revision, self.short())
    }

    fn short(&self) -> &str {
        &self.digest[..SHORT_DIGEST]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key_inputs: &[(&str, &str)]) -> Key {
        let key_inputs = key_inputs.iter().map(|(name, value)| KeyInput::new(name, (*value).to_owned())).collect();
        Key::new("django", "40cfbab0b4f1", key_inputs)
    }

    #[test]
    fn order_and_repetition_do_not_matter() {
        let plain = key(&[("repo", "a"), ("config", "b")]);
        assert_eq!(plain, key(&[("config", "b"), ("repo", "a"), ("config", "b")]));
    }

    #[test]
    fn every_value_and_name_matters() {
        let plain = key(&[("repo", "a"), ("config", "b")]);
        for other in [
            key(&[("repo", "a"), ("config", "c")]),
            key(&[("repo", "b"), ("config", "a")]),
            key(&[("repo", "a"), ("code", "b")]),
            key(&[("repo", "a")]),
        ] {
            assert_ne!(plain.digest(), other.digest());
        }
    }

    #[test]
    fn notes_are_no_part_of_the_key() {
        let noted = |note: &str| {
            let code = KeyInput::new("code", "x".to_owned()).with_note(note.to_owned());
            Key::new("r", "v", vec![code, KeyInput::new("code", "y".to_owned())])
        };
        assert_eq!(noted("a").digest(), noted("b").digest());
    }

    #[test]
    fn people_see_repo_revision_and_sixteen_digits() {
        let key = key(&[("repo", "a")]);
        assert_eq!(key.display(), format!("django:{}", key.entry().replacen('-', ":", 1)));
        assert_eq!(key.entry().len(), "40cfbab0b4f1-5d0c6a1be2f94c77".len());
    }
}
