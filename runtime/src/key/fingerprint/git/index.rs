//! The tracked files, and those that differ from the commit although git reports no change.

mod file;

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::thread;

use super::command::{run, run_with_input, unexpected};
use super::names::name_below;
use super::plain::Plain;
use crate::cores;
use crate::error::Error;

/// Lists the index. `git status` does not report files that are assumed to be unchanged, files outside a sparse
/// checkout, and submodules that were never checked out.
const LISTED: &[&str] = &["ls-files", "-v", "--stage", "-z"];
/// Prints the size of each object whose id it reads, or `missing`.
const SIZES: &[&str] = &["cat-file", "--buffer", "--batch-check=%(objectsize)"];
/// Prints the attributes by which a file can have the size of its object and other bytes. Line ends and `ident` always
/// change the size.
const CONVERTING: &[&str] = &["check-attr", "-z", "--stdin", "filter", "working-tree-encoding"];
/// Prints the id of the object that each file would be without conversion.
const HASHES: &[&str] = &["hash-object", "--no-filters", "--stdin-paths"];

/// The paths of the index.
pub(super) struct Index {
    pub(super) entries: Vec<Entry>,
}

/// A line of `git ls-files -v --stage`: `H 100644 0123… 0\tpath`.
pub(super) struct Entry {
    pub(super) line: Vec<u8>,
    pub(super) name: OsString,
}

impl Entry {
    fn of(line: &[u8], root: &Path) -> Result<Entry, Error> {
        let unexpected = || unexpected(root, LISTED, line);
        let tab = line.iter().position(|byte| *byte == b'\t').ok_or_else(unexpected)?;
        if line[..tab].split(|byte| *byte == b' ').count() != 4 {
            return Err(unexpected());
        }
        Ok(Entry { line: line.to_owned(), name: name_below(root, &line[tab + 1..])?.to_owned() })
    }

    fn field(&self, number: usize) -> &[u8] {
        self.line.split(|byte| matches!(byte, b' ' | b'\t')).nth(number).unwrap_or_default()
    }

    /// Returns `true` if git does not compare the file: its tag is a lower-case letter (assumed to be unchanged) or `S`
    /// (not in the work tree). The tag of a compared file is `H`.
    pub(super) fn is_overlooked(&self) -> bool {
        self.line[0].is_ascii_lowercase() || self.line[0] == b'S'
    }

    pub(super) fn is_submodule(&self) -> bool {
        self.field(1) == b"160000"
    }

    pub(super) fn is_link(&self) -> bool {
        self.field(1) == b"120000"
    }

    /// Returns `true` for a file that is neither in conflict nor overlooked.
    fn is_file(&self) -> bool {
        self.field(1).starts_with(b"100") && self.field(3) == b"0" && !self.is_overlooked()
    }

    pub(super) fn oid(&self) -> &[u8] {
        self.field(2)
    }
}

impl Index {
    /// Reads the index: by its file if the work tree is plain, else by git.
    pub(super) fn read(root: &Path, plain: Option<&Plain>) -> Result<Index, Error> {
        if let Some(lines) = plain.and_then(|_| file::lines(root)) {
            return Index::of(lines.iter().map(Vec::as_slice), root);
        }
        Index::of(run(root, LISTED)?.split(|byte| *byte == 0).filter(|line| !line.is_empty()), root)
    }

    fn of<'a>(lines: impl Iterator<Item = &'a [u8]>, root: &Path) -> Result<Index, Error> {
        Ok(Index { entries: lines.map(|line| Entry::of(line, root)).collect::<Result<_, _>>()? })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.entries.iter().map(|entry| &*entry.name)
    }

    /// Finds the files whose bytes may differ from those of their objects.
    ///
    /// Git converts files: line ends (`text`, `eol`, `core.autocrlf`), `ident`, encodings, and filters such as that of
    /// Git LFS. It does not report a file that converts to its object. Nor does it report one that was not written to
    /// since it last did, whatever the attributes are now. A build reads the file as it is.
    pub(super) fn unlike_objects(&self, root: &Path, plain: Option<&Plain>) -> Result<Unlike<'_>, Error> {
        let files: Vec<&Entry> = self.entries.iter().filter(|entry| entry.is_file()).collect();
        if files.is_empty() {
            return Ok(Unlike::default());
        }
        let (sizes, converting, own_sizes) = thread::scope(|scope| {
            let converting = scope.spawn(|| match plain {
                Some(plain) if !plain.may_convert(root, self.names()) => Ok(HashSet::new()),
                _ => converting(&files, root),
            });
            let sizes = scope.spawn(|| sizes(&files, root));
            let own_size = |file: &&Entry| root.join(&file.name).symlink_metadata().map(|found| found.len()).ok();
            let own_sizes = cores::map(&files, own_size);
            (joined(sizes), joined(converting), own_sizes)
        });
        let (sizes, converting) = (sizes?, converting?);
        let mut unlike = Unlike::default();
        let mut sizes = sizes.split(|byte| *byte == b'\n');
        for (file, own_size) in files.into_iter().zip(own_sizes) {
            let size = sizes.next().ok_or_else(|| unexpected(root, SIZES, b"(none)"))?;
            // A missing object has no size.
            let size = std::str::from_utf8(size).ok().and_then(|size| size.parse().ok());
            if size.is_none() || size != own_size {
                unlike.certainly.push(file);
            } else if converting.contains(file.name.as_os_str()) {
                unlike.perhaps.push(file);
            }
        }
        Ok(unlike)
    }
}

/// Files that git may not report although their bytes are not those of their objects.
#[derive(Default)]
pub(super) struct Unlike<'a> {
    /// Files with another size.
    certainly: Vec<&'a Entry>,
    /// Files with a conversion that may keep the size.
    perhaps: Vec<&'a Entry>,
}

impl<'a> Unlike<'a> {
    /// Returns the files that are not `known` to differ already, without those that have the bytes of their objects.
    pub(super) fn beside(self, known: impl Fn(&Entry) -> bool, root: &Path) -> Result<Vec<&'a Entry>, Error> {
        let mut unlike: Vec<&Entry> = self.certainly.into_iter().filter(|file| !known(file)).collect();
        let perhaps: Vec<&Entry> = self.perhaps.into_iter().filter(|file| !known(file)).collect();
        if !perhaps.is_empty() {
            let paths: Vec<u8> = perhaps.iter().flat_map(|file| quoted(file.name.as_encoded_bytes())).collect();
            let hashes = run_with_input(root, HASHES, &paths)?;
            let mut hashes = hashes.split(|byte| *byte == b'\n');
            unlike.extend(perhaps.into_iter().filter(|file| hashes.next() != Some(file.oid())));
        }
        Ok(unlike)
    }
}

/// Waits for the thread's result. A panic of the thread continues in this one.
fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Returns the output of git about the objects of files: a line for each.
fn sizes(files: &[&Entry], root: &Path) -> Result<Vec<u8>, Error> {
    let oids: Vec<&[u8]> = files.iter().map(|file| file.oid()).collect();
    run_with_input(root, SIZES, &[&oids.join(&b'\n'), &b"\n"[..]].concat())
}

/// Returns the names of the files with a converting attribute.
fn converting(files: &[&Entry], root: &Path) -> Result<HashSet<OsString>, Error> {
    let names: Vec<u8> = files.iter().flat_map(|file| [file.name.as_encoded_bytes(), &b"\0"[..]].concat()).collect();
    let printed = run_with_input(root, CONVERTING, &names)?;
    let mut fields = printed.split(|byte| *byte == 0);
    let mut converting = HashSet::new();
    while let (Some(name), Some(_), Some(value)) = (fields.next(), fields.next(), fields.next()) {
        if value != b"unspecified" {
            converting.insert(name_below(root, name)?.to_owned());
        }
    }
    Ok(converting)
}

/// Writes a path on one line, quoted as in C because it may contain line ends.
fn quoted(name: &[u8]) -> Vec<u8> {
    let mut line = vec![b'"'];
    for byte in name {
        match byte {
            b'\n' => line.extend(b"\\n"),
            b'\r' => line.extend(b"\\r"),
            b'"' | b'\\' => line.extend([b'\\', *byte]),
            _ => line.push(*byte),
        }
    }
    line.extend(b"\"\n");
    line
}
