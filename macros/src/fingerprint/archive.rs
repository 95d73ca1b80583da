//! Reads the members of an `ar` archive: a Rust library, or a library of C objects.
//!
//! Understands the common format and its two extensions for long names: GNU (`/123`, an offset into the member `//`)
//! and BSD (`#1/20`, the length of the name, which precedes the content).

use std::io::{self, Read, Seek, SeekFrom};

const MAGIC: &[u8; 8] = b"!<arch>\n";
const HEADER: usize = 60;

/// A file in an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// The offset of its content in the archive.
    start: u64,
    length: u64,
}

impl Entry {
    /// Returns the BLAKE3 digest of its content.
    ///
    /// # Errors
    ///
    /// Returns an error if the archive cannot be read.
    pub(super) fn digest(&self, archive: &mut (impl Read + Seek)) -> io::Result<String> {
        archive.seek(SeekFrom::Start(self.start))?;
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(archive.take(self.length))?;
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Returns its content in an archive that is wholly in memory.
    pub(super) fn content<'a>(&self, archive: &'a [u8]) -> Option<&'a [u8]> {
        let start = usize::try_from(self.start).ok()?;
        archive.get(start..)?.get(..usize::try_from(self.length).ok()?)
    }
}

/// Lists the members that are files, without the tables of symbols and names. Returns `None` for any other file format.
///
/// # Errors
///
/// Returns an error if the archive cannot be read or is truncated.
pub(super) fn entries(archive: &mut (impl Read + Seek)) -> io::Result<Option<Vec<Entry>>> {
    let mut magic = [0; MAGIC.len()];
    if archive.read_exact(&mut magic).is_err() || magic != *MAGIC {
        return Ok(None);
    }
    let end = archive.seek(SeekFrom::End(0))?;
    let mut at = MAGIC.len() as u64;
    let mut names = Vec::new();
    let mut entries = Vec::new();
    while at < end {
        let mut header = [0; HEADER];
        archive.seek(SeekFrom::Start(at))?;
        archive.read_exact(&mut header)?;
        let length: u64 = field(&header[48..58])?.parse().map_err(|_| damaged())?;
        let start = at + HEADER as u64;
        if length > end - start.min(end) {
            return Err(damaged());
        }
        // Content is padded to an even length.
        at = start + length + length % 2;
        let entry = |name: String, skip: u64| Entry { name, start: start + skip, length: length - skip };
        let given = field(&header[..16])?;
        let entry = if given == "//" {
            archive.take(length).read_to_end(&mut names)?;
            continue;
        } else if let Some(own) = given.strip_prefix("#1/").and_then(|own| own.parse().ok()) {
            let mut name = Vec::new();
            archive.take(length.min(own)).read_to_end(&mut name)?;
            entry(text(name.split(|byte| *byte == 0)), length.min(own))
        } else if let Some(offset) = given.strip_prefix('/').and_then(|offset| offset.parse::<usize>().ok()) {
            let name = names.get(offset..).ok_or_else(damaged)?;
            entry(text(name.split(|byte| matches!(byte, b'\n' | b'\0'))), 0)
        } else {
            entry(given.to_owned(), 0)
        };
        // `/`, `/SYM64/` and `__.SYMDEF` are tables of symbols.
        if !matches!(&*entry.name, "/" | "/SYM64/") && !entry.name.starts_with("__.SYMDEF") {
            let name = entry.name.strip_suffix('/').unwrap_or(&entry.name).to_owned();
            entries.push(Entry { name, ..entry });
        }
    }
    Ok(Some(entries))
}

fn field(bytes: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(bytes).map(str::trim_end).map_err(|_| damaged())
}

fn text<'a>(mut parts: impl Iterator<Item = &'a [u8]>) -> String {
    String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned()
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "damaged archive")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for (name, content) in members {
            bytes.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, content.len()).bytes());
            bytes.extend_from_slice(content);
            bytes.extend(&b"\n"[..content.len() % 2]);
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        let entries = entries(&mut Cursor::new(bytes)).expect("readable").expect("an archive");
        let content = |entry: &Entry| entry.content(bytes).expect("within the archive").to_vec();
        entries.iter().map(|entry| (entry.name.clone(), content(entry))).collect()
    }

    #[test]
    fn member_names_of_all_formats_are_read() {
        let long = "a-name-of-more-than-sixteen-bytes.o";
        let table = format!("{long}/\n");
        let gnu = archive(&[("/", b"symbols"), ("//", table.as_bytes()), ("/0", b"x"), ("b.o/", b"yy")]);
        assert_eq!(read(&gnu), [(long.to_owned(), b"x".to_vec()), ("b.o".to_owned(), b"yy".to_vec())]);
        let content = format!("{long}content");
        let bsd = archive(&[("__.SYMDEF", b""), (&format!("#1/{}", long.len()), content.as_bytes())]);
        assert_eq!(read(&bsd), [(long.to_owned(), b"content".to_vec())]);
    }

    #[test]
    fn damaged_archives_are_errors_and_other_files_are_not() {
        assert!(entries(&mut Cursor::new(b"\x7fELF")).expect("readable").is_none());
        let good = archive(&[("a.o/", b"content!")]);
        for length in MAGIC.len() + 1..good.len() {
            assert!(entries(&mut Cursor::new(&good[..length])).is_err(), "{length}");
        }
    }

    #[test]
    fn member_digests_cover_the_content() {
        let bytes = archive(&[("a.o/", b"odd"), ("b.o/", b"content")]);
        let mut reader = Cursor::new(&bytes);
        let all = entries(&mut reader).expect("readable").expect("an archive");
        assert_eq!(all[1].digest(&mut reader).expect("readable"), blake3::hash(b"content").to_hex().to_string());
    }
}
