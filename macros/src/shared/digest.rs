//! Digests of files, and of sequences of values.

use std::fmt::Display;
use std::fs::File;
use std::io;
use std::path::Path;

/// Passes a value to a hash function, preceded by its length as eight little-endian bytes: `"ab", "c"` and `"a", "bc"`
/// then have different digests.
pub(crate) fn frame(value: &[u8], mut update: impl FnMut(&[u8])) {
    update(&(value.len() as u64).to_le_bytes());
    update(value);
}

/// Returns the BLAKE3 digest of a file's content in hexadecimal digits. The whole content is never in memory.
///
/// # Errors
///
/// Returns an error if the file cannot be read.
pub(crate) fn of_file(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Returns the BLAKE3 digest of recorded files in hexadecimal digits. `files` are pairs of an escaped name and the
/// digest of the content, sorted by name.
///
/// The macro computes the digest of the files at compile time, and the test that of the files that it finds.
pub(crate) fn of_recorded_files<N: Display, D: Display>(files: impl IntoIterator<Item = (N, D)>) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, digest) in files {
        hasher.update(format!("{digest}\t{name}\n").as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(values: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for value in values {
            frame(value.as_bytes(), |piece| bytes.extend_from_slice(piece));
        }
        bytes
    }

    #[test]
    fn boundaries_between_values_count() {
        assert_ne!(framed(&["ab", "c"]), framed(&["a", "bc"]));
        assert_ne!(framed(&["a"]), framed(&["a", ""]));
        assert_eq!(framed(&["ab"]), b"\x02\0\0\0\0\0\0\0ab");
    }

    #[test]
    fn a_file_has_the_digest_of_its_bytes() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "content").expect("written");
        assert_eq!(of_file(file.path()).expect("read"), blake3::hash(b"content").to_hex().to_string());
    }

    #[test]
    fn recorded_files_count_by_name_and_content() {
        let digest = of_recorded_files([("a", "1"), ("b", "2")]);
        assert_eq!(digest, blake3::hash(b"1\ta\n2\tb\n").to_hex().to_string());
    }
}
