//! Reads the sections of an index.

use std::ops::Range;

use super::bytes::{Bytes, Numbers, number, split};
use super::identity::Identity;
use crate::graph::NodeKind;

const SECTIONS: usize = 12;

/// The content of an index, read in place.
pub(super) struct Layout {
    bytes: Bytes,
    sections: [Range<usize>; SECTIONS],
}

/// The numbers of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document {
    pub(super) kind: NodeKind,
    /// The length of the path of the node's file, with which its id begins.
    pub(super) file_length: usize,
    /// The first line; `None` for directories.
    pub(super) start_line: Option<u32>,
    /// The last line; `None` for directories.
    pub(super) end_line: Option<u32>,
    /// The document of the node's file; for a directory its own number. A group has one hit.
    pub(super) group: u32,
    /// The rank among equal documents; see `order`.
    pub(super) order: u32,
    /// For a file, the length of its documents; see `weights::relative_length`.
    pub(super) length: u32,
}

impl Document {
    const NUMBERS: usize = 7;

    pub(super) fn numbers(self) -> [u32; Self::NUMBERS] {
        let line = |line: Option<u32>| line.unwrap_or(0);
        let (start_line, end_line) = (line(self.start_line), line(self.end_line));
        [self.kind as u32, number(self.file_length), start_line, end_line, self.group, self.order, self.length]
    }
}

impl Layout {
    /// Returns `None` if the bytes are not an index.
    pub(super) fn new(bytes: Bytes) -> Option<Self> {
        let sections = split(&bytes)?;
        Some(Self { bytes, sections })
    }

    /// Returns the number of documents.
    pub(super) fn len(&self) -> usize {
        self.numbers(6).len() / Document::NUMBERS
    }

    pub(super) fn document(&self, document: u32) -> Document {
        let all = self.numbers(6);
        let at = |index| all.get(document as usize * Document::NUMBERS + index);
        let line = |index| Some(at(index)).filter(|&line| line > 0);
        Document {
            kind: NodeKind::ALL[at(0) as usize % NodeKind::ALL.len()],
            file_length: at(1) as usize,
            start_line: line(2),
            end_line: line(3),
            group: at(4),
            order: at(5),
            length: at(6),
        }
    }

    pub(super) fn identity(&self, document: u32) -> Identity<'_> {
        let Document { kind, file_length, .. } = self.document(document);
        let id = self.text(4, 5, document as usize);
        Identity { id, kind, file: id.get(..file_length).unwrap_or(id) }
    }

    /// Returns the postings of a term.
    pub(super) fn postings(&self, term: &str) -> Option<Postings<'_>> {
        let found = self.lower_bound(0, 1, term);
        if found + 1 >= self.numbers(0).len() || self.text(0, 1, found) != term {
            return None;
        }
        let bytes = self.section(3).get(self.numbers(2).range(found))?;
        let (count, rest) = bytes.split_first_chunk()?;
        Some(Postings { count: u32::from_le_bytes(*count) as usize, rest, last: 0 })
    }

    /// Returns the documents that may have an exact name, by its hash.
    pub(super) fn with_key(&self, key: &str) -> impl Iterator<Item = u32> {
        let (hash, keys) = (hash(key), self.numbers(11));
        let first = partition_point(keys.len() / 2, |pair| keys.get(2 * pair) < hash);
        (first..keys.len() / 2)
            .take_while(move |pair| keys.get(2 * pair) == hash)
            .map(move |pair| keys.get(2 * pair + 1))
    }

    /// Returns the names that begin with a prefix, each with its documents.
    pub(super) fn with_prefix<'i>(
        &'i self,
        prefix: &'i str,
    ) -> impl Iterator<Item = (&'i str, impl Iterator<Item = u32> + 'i)> + 'i {
        let first = self.lower_bound(7, 8, prefix);
        (first..self.numbers(7).len().saturating_sub(1))
            .map(|name| (name, self.text(7, 8, name)))
            .take_while(move |(_, text)| text.starts_with(prefix))
            .map(|(name, text)| (text, self.numbers(9).range(name).map(|index| self.numbers(10).get(index))))
    }

    /// Returns the first of the sorted texts that is not less than a text.
    fn lower_bound(&self, starts: usize, texts: usize, text: &str) -> usize {
        partition_point(self.numbers(starts).len().saturating_sub(1), |index| self.text(starts, texts, index) < text)
    }

    fn text(&self, starts: usize, texts: usize, index: usize) -> &str {
        let bytes = self.section(texts).get(self.numbers(starts).range(index)).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }

    fn numbers(&self, section: usize) -> Numbers<'_> {
        Numbers(self.section(section))
    }

    fn section(&self, section: usize) -> &[u8] {
        self.bytes.get(self.sections[section].clone()).unwrap_or_default()
    }
}

/// The documents of a term, and its stored weights in them.
pub(super) struct Postings<'i> {
    /// The number of documents.
    pub(super) count: usize,
    rest: &'i [u8],
    last: u32,
}

impl Iterator for Postings<'_> {
    type Item = (u32, u8);

    fn next(&mut self) -> Option<Self::Item> {
        let mut distance = 0;
        let mut shift = 0;
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            distance |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                break;
            }
            shift += 7;
        }
        let (&weight, rest) = self.rest.split_first()?;
        self.rest = rest;
        self.last = self.last.wrapping_add(distance);
        Some((self.last, weight))
    }
}

/// Returns the hash of an exact name: FNV-1a. The ids of the documents distinguish names with equal hashes.
pub(super) fn hash(key: &str) -> u32 {
    key.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn partition_point(len: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
