//! Digests: SHA-256 for keys, BLAKE3 for the content of files.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::shared::digest as shared;

/// Writes bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// A SHA-256 over a list of byte strings. Its length precedes each string, so different lists have different input.
#[derive(Default)]
pub(crate) struct Parts(Sha256);

impl Parts {
    /// Adds a byte string.
    pub(crate) fn add(&mut self, part: impl AsRef<[u8]>) -> &mut Parts {
        shared::frame(part.as_ref(), |piece| self.0.update(piece));
        self
    }

    /// Returns the digest in hexadecimal.
    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Returns BLAKE3 of a file's content, in hexadecimal.
pub(crate) fn file_digest(path: &Path) -> Result<String, Error> {
    shared::of_file(path).map_err(Error::io("read", path))
}
