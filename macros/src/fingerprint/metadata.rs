//! The metadata of a compiled crate: `libNAME-HASH.rmeta`, or the member `lib.rmeta` of its library.
//!
//! The compiler writes identical metadata for identical input, whichever directory it writes to, and other metadata after
//! any change of the crate: a function's body, a feature, a flag, an embedded or generated file, a value of `env!`, or a crate
//! below it (the metadata has the hash of each). So its digest is the identity of what was compiled.
//! Measured with rustc 1.95.

use super::archive::entries;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

/// What a crate's metadata says of it.
#[derive(Debug)]
pub(super) struct Metadata {
    /// BLAKE3, hexadecimal.
    pub(super) digest: String,
    /// The suffixes of file names, such as `-1f570ee5c6635aae`, that occur in it: those of all crates below this one, and
    /// a few of crates of the standard library.
    pub(super) suffixes: BTreeSet<Suffix>,
    /// Such as `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub(super) compiler: Option<String>,
}

/// The sixteen hexadecimal digits by which cargo tells the files of two crates of one name apart.
pub(super) type Suffix = [u8; 16];

/// The file that holds the metadata of the crate in `library`: beside a library there is one of metadata alone.
pub(super) fn file_of(library: &Path) -> PathBuf {
    let beside = library.with_extension("rmeta");
    if beside.is_file() { beside } else { library.to_owned() }
}

impl Metadata {
    /// Reads the metadata of a library, into a buffer that serves for many.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(super) fn read(library: &Path, buffer: &mut Vec<u8>) -> io::Result<Self> {
        buffer.clear();
        io::Read::read_to_end(&mut fs::File::open(file_of(library))?, buffer)?;
        let all = entries(&mut io::Cursor::new(&buffer[..]))?.unwrap_or_default();
        let member = all.iter().find(|entry| entry.name == "lib.rmeta").and_then(|entry| entry.content(buffer));
        let own = member.unwrap_or(buffer);
        Ok(Self { digest: blake3::hash(own).to_hex().to_string(), suffixes: suffixes(own), compiler: compiler(own) })
    }
}

/// The suffix in the name of a library: of `libserde-2bbec8450d8ffdde.rlib`, `2bbec8450d8ffdde`.
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
    // The standard library searches for a byte in optimized code, also where this crate is not optimized.
    while rest.skip_until(b'-').is_ok_and(|skipped| skipped > 0) {
        if let Some(digits) = rest.first_chunk().filter(|digits| is_suffix(digits)) {
            found.insert(*digits);
        }
    }
    found
}

/// Metadata begins with a few bytes of its format and the version of the compiler.
fn compiler(metadata: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"rustc ";
    const MOST: usize = 128;
    let head = &metadata[..metadata.len().min(MOST)];
    let start = head.windows(NAME.len()).position(|window| window == NAME)?;
    let version = head[start..].split(|byte| !(b' '..=b'~').contains(byte)).next()?;
    String::from_utf8(version.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_and_compiler_are_found() {
        let bytes = b"rust\0\0\0\x0a....\x23rustc 1.95.0 (59807616e)\xc1x-1f570ee5c6635aae-short-0123456789abcdef\0";
        let text: Vec<_> = suffixes(bytes).iter().map(|digits| String::from_utf8_lossy(digits).into_owned()).collect();
        assert_eq!(text, ["0123456789abcdef", "1f570ee5c6635aae"]);
        assert_eq!(compiler(bytes).as_deref(), Some("rustc 1.95.0 (59807616e)"));
        assert_eq!(compiler(b"\x7fELF"), None);
    }

    #[test]
    fn the_suffix_of_a_library_is_that_of_cargo() {
        let suffix = |name: &str| suffix_of(Path::new(name)).is_some();
        assert!(suffix("/t/libserde-2bbec8450d8ffdde.rlib"));
        assert!(!suffix("/t/libserde.rlib") && !suffix("/t/libserde-2bbec845.rlib") && !suffix("/t/lib-x-.rlib"));
    }
}
