//! The digest, fed with values whose boundaries count.

use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// SHA-256 over a sequence of values, each preceded by its length: `"ab", "c"` and `"a", "bc"` differ.
pub(super) struct Digest(Sha256);

impl Digest {
    /// A digest of something that `what` names, and the version of its encoding.
    pub(super) fn new(what: &str) -> Self {
        let mut digest = Self(Sha256::new());
        digest.bytes(what.as_bytes());
        digest
    }

    /// A value: its length as eight bytes, little-endian, and its bytes.
    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.number(value.len());
        self.0.update(value);
    }

    /// Opens a list of `length` items, so that its end is known.
    pub(super) fn list(&mut self, what: &str, length: usize) {
        self.bytes(what.as_bytes());
        self.number(length);
    }

    fn number(&mut self, number: usize) {
        self.0.update((number as u64).to_le_bytes());
    }

    /// In lower-case hexadecimal digits.
    pub(super) fn finish(self) -> String {
        self.0.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(values: &[&str]) -> String {
        let mut digest = Digest::new("test");
        for value in values {
            digest.bytes(value.as_bytes());
        }
        digest.finish()
    }

    #[test]
    fn boundaries_count() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(digest(&["a"]), digest(&["a", ""]));
        assert_eq!(digest(&["a", "b"]), digest(&["a", "b"]));
    }

    #[test]
    fn the_digest_is_sha256_in_hexadecimal() {
        // printf '\4\0\0\0\0\0\0\0test' | sha256sum
        assert_eq!(digest(&[]), "4e5b70c6c4231e5ec370f3d9a90fd93cc6d936d49da369acf5a9b51010674a95");
    }
}
