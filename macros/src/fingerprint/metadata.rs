//! Reads the metadata of a compiled crate: `libNAME-HASH.rmeta`, or the member `lib.rmeta` of its library.
//!
//! The compiler writes identical metadata for identical input, to whichever directory. It writes other metadata after
//! any change of the crate: a function's body, a feature, a flag, an embedded or generated file, a value of `env!`, or
//! a dependency (the metadata contains the hash of each). So the digest of the metadata identifies the compiled code.
//! Measured with rustc 1.95.

use super::archive::entries;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

/// The metadata of a crate, as far as it is needed.
#[derive(Debug)]
pub(super) struct Metadata {
    /// The BLAKE3 digest of the metadata, hexadecimal.
    pub(super) digest: String,
    /// The suffixes of file names, such as `-1f570ee5c6635aae`, that the metadata contains: those of all dependencies,
    /// and of some crates of the standard library.
    pub(super) suffixes: BTreeSet<Suffix>,
    /// The compiler's version, such as `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub(super) compiler: Option<String>,
}

/// The sixteen hexadecimal digits that cargo adds to file names, because two crates may have one name.
pub(super) type Suffix = [u8; 16];

/// Returns the file with the metadata of `library`: the `.rmeta` file beside it, or the library.
pub(super) fn file_of(library: &Path) -> PathBuf {
    let beside = library.with_extension("rmeta");
    if beside.is_file() { beside } else { library.to_owned() }
}

impl Metadata {
    /// Reads the metadata of a library. The caller passes one buffer for many libraries.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read.
    pub(super) fn read(library: &Path, buffer: &mut Vec<u8>) -> io::Result<Self> {
        buffer.clear();
        io::Read::read_to_end(&mut fs::File::open(file_of(library))?, buffer)?;
        let all = entries(&mut io::Cursor::new(&buffer[..]))?.unwrap_or_default();
        let member = all.iter().find(|entry| entry.name == "lib.rmeta").and_then(|entry| entry.content(buffer));
        let own = member.unwrap_or(buffer);
        Ok(Self { digest: blake3::hash(own).to_hex().to_string(), suffixes: suffixes(own), compiler: compiler(own) })
    }
}

/// Returns the suffix in the name of a library: `2bbec8450d8ffdde` for `libserde-2bbec8450d8ffdde.rlib`.
pub(super) fn suffix_of(library: &Path) -> Option<Suffix> {
    let (_, suffix) = library.file_stem()?.to_str()?.rsplit_once('-')?;
    suffix.as_bytes().try_into().ok().filter(is_suffix)
}

fn is_suffix(digits: &Suffix) -> bool {
    digits.iter().all(u8::is_ascii_hexdigit)
}

fn suffixes(metadata: &[u8]) -> BTreeSet<Suffix> {
    let mut found = BTreeSet::new();
    let mut rest = metadata;
    // `skip_until` is optimized code of the standard library even if this crate is not optimized.
    while rest.skip_until(b'-').is_ok_and(|skipped| skipped > 0) {
        if let Some(digits) = rest.first_chunk().filter(|digits| is_suffix(digits)) {
            found.insert(*digits);
        }
    }
    found
}

/// Returns the compiler's version, which follows a few bytes of the format at the start.
fn compiler(metadata: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"rustc ";
    const MAX_HEAD: usize = 128;
    let head = &metadata[..metadata.len().min(MAX_HEAD)];
    let start = head.windows(NAME.len()).position(|window| window == NAME)?;
    let version = head[start..].split(|byte| !(b' '..=b'~').contains(byte)).next()?;
    String::from_utf8(version.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_and_compiler_are_found_in_metadata() {
        let bytes = b"rust\0\0\0\x0a....\x23rustc 1.95.0 (59807616e)\xc1x-1f570ee5c6635aae-short-0123456789abcdef\0";
        let text: Vec<_> = suffixes(bytes).iter().map(|digits| String::from_utf8_lossy(digits).into_owned()).collect();
        assert_eq!(text, ["0123456789abcdef", "1f570ee5c6635aae"]);
        assert_eq!(compiler(bytes).as_deref(), Some("rustc 1.95.0 (59807616e)"));
        assert_eq!(compiler(b"\x7fELF"), None);
    }

    #[test]
    fn suffixes_of_libraries_are_found() {
        let suffix = |name: &str| suffix_of(Path::new(name)).is_some();
        assert!(suffix("/t/libserde-2bbec8450d8ffdde.rlib"));
        assert!(!suffix("/t/libserde.rlib") && !suffix("/t/libserde-2bbec845.rlib") && !suffix("/t/lib-x-.rlib"));
    }
}
