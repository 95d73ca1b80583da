//! Digests: SHA-256 for keys, BLAKE3 for the content of files.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Error;

/// Writes bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
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
        let part = part.as_ref();
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    /// Returns the digest in hexadecimal.
    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Returns BLAKE3 of a file's content, in hexadecimal.
pub(crate) fn file_digest(path: &Path) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    std::fs::File::open(path)
        .and_then(|file| hasher.update_reader(file).map(|_| ()))
        .map_err(Error::io("read", path))?;
    Ok(hasher.finalize().to_hex().to_string())
}
