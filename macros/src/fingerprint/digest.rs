//! BLAKE3 digests of files and of sequences of values.

use crate::shared::digest::frame;
pub(super) use crate::shared::digest::{of_file, of_recorded_files};

/// A digest of a sequence of values, each preceded by its length: `"ab", "c"` and `"a", "bc"` differ.
///
/// BLAKE3 and not SHA-256: cargo compiles macros without optimization by default, and the assembly code of BLAKE3 for
/// x86-64 is fast even then.
pub(super) struct Digest(blake3::Hasher);

impl Digest {
    /// Starts a digest. `what` names its subject and the version of the encoding.
    pub(super) fn new(what: &str) -> Self {
        let mut digest = Self(blake3::Hasher::new());
        digest.bytes(what.as_bytes());
        digest
    }

    /// Adds a value: its length as eight little-endian bytes, then its bytes.
    pub(super) fn bytes(&mut self, value: &[u8]) {
        frame(value, |piece| {
            self.0.update(piece);
        });
    }

    /// Starts a list of `length` items, so that its end is known.
    pub(super) fn list(&mut self, what: &str, length: usize) {
        self.bytes(what.as_bytes());
        self.0.update(&(length as u64).to_le_bytes());
    }

    /// Returns the digest in lower-case hexadecimal digits.
    pub(super) fn finish(self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

/// Returns the BLAKE3 digest of bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
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
    fn boundaries_between_values_change_the_digest() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(digest(&["a"]), digest(&["a", ""]));
        assert_eq!(digest(&["a", "b"]), digest(&["a", "b"]));
    }
}
