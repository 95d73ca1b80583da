//! The digest of all key inputs of an artifact, and the names made of it.

use super::key_input::KeyInput;
use crate::digest::Parts;

/// The number of hexadecimal digits of a key that name its directory; the manifest holds all of them.
const SHORT_DIGEST: usize = 16;

/// The cache key of an artifact of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    repo: String,
    revision: String,
    inputs: Vec<KeyInput>,
    digest: String,
}

impl Key {
    pub(crate) fn new(repo: &str, revision: &str, mut inputs: Vec<KeyInput>) -> Key {
        inputs.sort();
        inputs.dedup_by(|left, right| left.digest == right.digest);
        let mut parts = Parts::default();
        // Sorted by digest, so that a note cannot change the order.
        let mut digests: Vec<&str> = inputs.iter().map(|input| input.digest.as_str()).collect();
        digests.sort_unstable();
        for digest in digests {
            parts.add(digest);
        }
        Key { repo: repo.to_owned(), revision: revision.to_owned(), inputs, digest: parts.finish() }
    }

    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }

    pub(crate) fn revision(&self) -> &str {
        &self.revision
    }

    pub(crate) fn key_inputs(&self) -> &[KeyInput] {
        &self.inputs
    }

    /// Returns SHA-256 of all key inputs, in hexadecimal.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns the name of the entry's directory: `40cfbab0b4f1-5d0c6a1be2f94c77`.
    pub(crate) fn entry(&self) -> String {
        format!("{}-{}", self.revision, self.short())
    }

    /// Returns the key as messages show it: `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
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
    fn order_and_repetition_do_not_change_the_key() {
        let plain = key(&[("repo", "a"), ("config", "b")]);
        assert_eq!(plain, key(&[("config", "b"), ("repo", "a"), ("config", "b")]));
    }

    #[test]
    fn every_value_and_name_changes_the_key() {
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
    fn notes_do_not_change_the_key() {
        let noted = |note: &str| {
            let code = KeyInput::new("code", "x".to_owned()).with_note(note.to_owned());
            Key::new("r", "v", vec![code, KeyInput::new("code", "y".to_owned())])
        };
        assert_eq!(noted("a").digest(), noted("b").digest());
    }

    #[test]
    fn messages_show_repo_revision_and_sixteen_digits() {
        let key = key(&[("repo", "a")]);
        assert_eq!(key.display(), format!("django:{}", key.entry().replacen('-', ":", 1)));
        assert_eq!(key.entry().len(), "40cfbab0b4f1-5d0c6a1be2f94c77".len());
    }
}
