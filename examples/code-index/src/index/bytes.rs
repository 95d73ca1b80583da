//! The bytes of an index, in sections.
//!
//! ```text
//! 8 bytes   magic "CODEINDX"
//! 16 bytes  for each section: its offset and its length
//! sections
//! ```
//!
//! All numbers are little endian. Every read is checked, so a changed file gives wrong results, but no undefined
//! behaviour. A read beyond a section gives zero.

use std::ops::{Deref, Range};

use memmap2::Mmap;

const MAGIC: [u8; 8] = *b"CODEINDX";

/// The content of an index, in memory or mapped.
pub(super) enum Bytes {
    Owned(Vec<u8>),
    Mapped(Mmap),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}

/// Joins sections to the content of an index.
pub(super) fn join<const N: usize>(sections: [Vec<u8>; N]) -> Vec<u8> {
    let mut offset = MAGIC.len() + 16 * N;
    let mut bytes = MAGIC.to_vec();
    for section in &sections {
        bytes.extend((offset as u64).to_le_bytes());
        bytes.extend((section.len() as u64).to_le_bytes());
        offset += section.len();
    }
    bytes.extend(sections.into_iter().flatten());
    bytes
}

/// Returns the ranges of the sections; `None` if the bytes are not an index.
pub(super) fn split<const N: usize>(bytes: &[u8]) -> Option<[Range<usize>; N]> {
    if !bytes.starts_with(&MAGIC) {
        return None;
    }
    let number = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let mut ranges = [const { 0..0 }; N];
    for (range, at) in ranges.iter_mut().zip((MAGIC.len()..).step_by(16)) {
        let start = usize::try_from(number(at)?).ok()?;
        let end = start.checked_add(usize::try_from(number(at + 8)?).ok()?)?;
        bytes.get(start..end)?;
        *range = start..end;
    }
    Some(ranges)
}

/// A section as an array of numbers.
#[derive(Clone, Copy)]
pub(super) struct Numbers<'b>(pub(super) &'b [u8]);

impl Numbers<'_> {
    pub(super) fn len(self) -> usize {
        self.0.len() / size_of::<u32>()
    }

    pub(super) fn get(self, index: usize) -> u32 {
        let bytes = index.checked_mul(size_of::<u32>()).and_then(|at| self.0.get(at..)?.first_chunk());
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    /// Returns two neighbours as a range of indices or bytes.
    pub(super) fn range(self, index: usize) -> Range<usize> {
        self.get(index) as usize..self.get(index + 1) as usize
    }
}

/// Converts numbers to a section.
pub(super) fn numbers(values: impl IntoIterator<Item = u32>) -> Vec<u8> {
    values.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// Converts a length or an offset. An index of more than 4 GiB has more text than a graph can have.
pub(super) fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
