//! The differences between the files of two builds, as text.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::store::manifest::{FileKind, ListedFile};

/// The number of files that a report names.
const MOST_FILES: usize = 5;
/// The number of characters of a line that a report shows.
const MOST_CHARACTERS: usize = 60;
/// The number of bytes that a report shows of a file that is not text.
const MOST_BYTES: usize = 16;
const BUFFER: usize = 64 * 1024;

/// The files of one of two builds.
pub(super) struct Side<'a> {
    pub(super) directory: PathBuf,
    pub(super) files: &'a [ListedFile],
    /// The files are those in the cache.
    pub(super) is_stored: bool,
}

impl Side<'_> {
    /// Returns `true` if both have the same files with the same bytes.
    pub(super) fn has_the_bytes_of(&self, other: &Side<'_>) -> bool {
        self.files == other.files
    }

    fn by_path(&self) -> BTreeMap<&str, &ListedFile> {
        self.files.iter().map(|file| (file.path.as_str(), file)).collect()
    }
}

/// Returns the differences of two builds, a line each, with the first differing bytes. Each side has a name.
pub(super) fn differences(
    (left, left_name): (&Side<'_>, &str),
    (right, right_name): (&Side<'_>, &str),
) -> Result<Vec<String>, Error> {
    let (files, others) = (left.by_path(), right.by_path());
    let mut lines = Vec::new();
    let mut content = Vec::new();
    for (path, file) in &files {
        match others.get(path) {
            None => lines.push(format!("only the {left_name} build has {path}")),
            Some(other) if (&file.digest, file.size) != (&other.digest, other.size) => content.push(*path),
            Some(other) if file.kind != other.kind => {
                let (first, second) =
                    if other.kind == FileKind::Executable { (right_name, left_name) } else { (left_name, right_name) };
                lines.push(format!("{path} is executable in the {first} build, and not in the {second} one"));
            }
            Some(_) => {}
        }
    }
    let added = others.keys().filter(|path| !files.contains_key(*path));
    lines.extend(added.map(|path| format!("only the {right_name} build has {path}")));
    if let Some(path) = content.first() {
        let mut first = first_difference((left, left_name), (right, right_name), path)?;
        first.append(&mut lines);
        lines = first;
    }
    lines.extend(content.iter().skip(1).map(|path| format!("{path} differs, too")));
    if lines.len() > MOST_FILES + 3 {
        let more = lines.len() - MOST_FILES;
        lines.truncate(MOST_FILES);
        lines.push(format!("and {more} more differences"));
    }
    Ok(lines)
}

/// Describes the first difference between two files with one path.
fn first_difference(
    (left, left_name): (&Side<'_>, &str),
    (right, right_name): (&Side<'_>, &str),
    path: &str,
) -> Result<Vec<String>, Error> {
    let (one, other) = (left.directory.join(path), right.directory.join(path));
    let (offset, line) = offset(&one, &other).map_err(Error::io("compare", &one))?;
    let excerpts = (excerpt(&one, offset), excerpt(&other, offset));
    let width = left_name.len().max(right_name.len()) + 1;
    let shown = |name: &str, text: &str| format!("  {:width$} {text}", format!("{name}:"));
    Ok(match excerpts {
        (Ok(Excerpt::Text(one)), Ok(Excerpt::Text(other))) => vec![
            format!("{path} differs from byte {offset} on, in line {line}:"),
            shown(left_name, &one),
            shown(right_name, &other),
        ],
        (Ok(one), Ok(other)) => vec![
            format!("{path} differs from byte {offset} on:"),
            shown(left_name, &one.bytes()),
            shown(right_name, &other.bytes()),
        ],
        _ => vec![format!("{path} differs from byte {offset} on")],
    })
}

/// Returns the offset of the first differing byte, and the number of its line.
fn offset(left: &Path, right: &Path) -> io::Result<(u64, u64)> {
    let open = |path: &Path| File::open(path).map(|file| BufReader::with_capacity(BUFFER, file).bytes());
    let (mut left, mut right) = (open(left)?, open(right)?);
    let (mut offset, mut line) = (0, 1);
    loop {
        match (left.next().transpose()?, right.next().transpose()?) {
            (Some(one), Some(other)) if one == other => {
                offset += 1;
                line += u64::from(one == b'\n');
            }
            _ => return Ok((offset, line)),
        }
    }
}

/// The part of a file at its first difference.
enum Excerpt {
    /// The line, or its end from some characters before the difference.
    Text(String),
    /// The bytes from the difference on.
    Bytes(Vec<u8>),
}

impl Excerpt {
    fn bytes(self) -> String {
        let bytes = match self {
            Excerpt::Text(text) => return format!("{text:?}"),
            Excerpt::Bytes(bytes) => bytes,
        };
        let shown: Vec<String> = bytes.iter().take(MOST_BYTES).map(|byte| format!("{byte:02x}")).collect();
        if shown.is_empty() { "the file ends".to_owned() } else { shown.join(" ") }
    }
}

fn excerpt(path: &Path, offset: u64) -> io::Result<Excerpt> {
    const BEFORE: u64 = 30;
    let mut file = File::open(path)?;
    let start = offset.saturating_sub(BEFORE);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(BEFORE + 4 * MOST_CHARACTERS as u64).read_to_end(&mut bytes)?;
    let at = usize::try_from(offset - start).unwrap_or_default().min(bytes.len());
    let line_start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line_end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end);
    let line = String::from_utf8_lossy(&bytes[line_start..line_end]);
    // The ends of the excerpt may cut a character.
    let line = line.trim_matches(char::REPLACEMENT_CHARACTER);
    if line.contains(|c: char| c == char::REPLACEMENT_CHARACTER || c.is_control() && c != '\t') {
        return Ok(Excerpt::Bytes(bytes.split_off(at)));
    }
    let shown: String = line.chars().take(MOST_CHARACTERS).collect();
    let is_cut = line_start == 0 && start > 0;
    Ok(Excerpt::Text(format!("{}{}", if is_cut { "…" } else { "" }, shown.replace('\t', " "))))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::list;

    fn lines(left: &[(&str, &[u8])], right: &[(&str, &[u8])]) -> Vec<String> {
        let make = |files: &[(&str, &[u8])]| {
            let directory = tempfile::tempdir().expect("a temporary directory");
            for (name, content) in files {
                fs::write(directory.path().join(name), content).expect("written");
            }
            let listed = list(directory.path()).expect("listed");
            (directory, listed)
        };
        let ((one, ours), (other, theirs)) = (make(left), make(right));
        let side = |directory: &tempfile::TempDir, files| Side {
            directory: directory.path().to_owned(),
            files,
            is_stored: false,
        };
        let (left, right) = (side(&one, &ours), side(&other, &theirs));
        assert_eq!(left.has_the_bytes_of(&right), left.files == right.files);
        differences((&left, "stored"), (&right, "new")).expect("compared")
    }

    #[test]
    fn first_differing_line_of_a_text_is_shown() {
        assert_eq!(
            lines(&[("a", b"one\nnovel of manners\n"), ("b", b"1")], &[("a", b"one\nnovel of matters\n"), ("b", b"2")]),
            [
                "a differs from byte 15 on, in line 2:",
                "  stored: novel of manners",
                "  new:    novel of matters",
                "b differs, too",
            ]
        );
    }

    #[test]
    fn bytes_and_ends_of_files_are_shown() {
        assert_eq!(
            lines(&[("a", b"\x00\x01\x02")], &[("a", b"\x00\x01\x03\x04")]),
            ["a differs from byte 2 on:", "  stored: 02", "  new:    03 04"]
        );
        assert_eq!(
            lines(&[("a", b"x")], &[("a", b"xyz")]),
            ["a differs from byte 1 on, in line 1:", "  stored: x", "  new:    xyz"]
        );
        assert_eq!(
            lines(&[("a", b"x"), ("gone", b"")], &[("a", b"x"), ("more", b"")]),
            ["only the stored build has gone", "only the new build has more"]
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..40).map(|number| format!("f{number}")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
        let found = lines(&files, &[("other", b"")]);
        assert_eq!((found.len(), found[5].as_str()), (6, "and 36 more differences"));
    }

    #[test]
    fn long_lines_and_cut_characters_are_text() {
        let long = |end: &str| format!("{}{end}", "ä".repeat(5000));
        let found = lines(&[("a", long("x").as_bytes())], &[("a", long("y").as_bytes())]);
        assert_eq!(found[0], "a differs from byte 10000 on, in line 1:");
        assert!(found[1].starts_with("  stored: …ä") && found[1].ends_with('x'), "{found:?}");
    }
}
