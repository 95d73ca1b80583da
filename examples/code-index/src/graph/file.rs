//! The file format of a graph, which is also its format in memory.
//!
//! ```text
//! 8 bytes  magic "CODEGRPH"
//! 8 bytes  format version
//! 8 bytes  payload length
//! 8 bytes  FNV-1a of the payload
//! payload  the records, in rkyv's format, the root at the end
//! ```
//!
//! All numbers are little endian. The header has 32 bytes, so that the payload of a mapped file is aligned.

use std::fs::{self, File};
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use super::DependencyGraph;
use super::data::{ArchivedGraphData, GraphData};
use crate::error::Error;

const MAGIC: [u8; 8] = *b"CODEGRPH";
/// The format version. Every change of the records or of the header raises it.
const FORMAT: u64 = 3;
/// The size of the header in bytes.
const HEADER: usize = 32;

/// A graph's file with its header.
///
/// Invariant: the payload is valid. This process has written or checked it, or the caller of
/// [`DependencyGraph::map`] has promised it.
pub(super) struct GraphFile(Bytes);

enum Bytes {
    Owned(AlignedVec),
    Mapped(Mmap),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Owned(bytes) => bytes,
            Bytes::Mapped(map) => map,
        }
    }
}

impl GraphFile {
    /// Serializes the records of a graph.
    pub(super) fn new(data: &GraphData) -> Result<Self, Error> {
        let mut bytes = AlignedVec::new();
        bytes.extend_from_slice(&[0; HEADER]);
        let mut bytes =
            rkyv::api::high::to_bytes_in::<_, rkyv::rancor::Error>(data, bytes).map_err(|_| Error::TooLarge)?;
        let (header, payload) = bytes.split_at_mut(HEADER);
        let fields = [FORMAT, payload.len() as u64, fnv1a(payload)].map(u64::to_le_bytes);
        header.copy_from_slice(&[MAGIC, fields[0], fields[1], fields[2]].concat());
        Ok(Self(Bytes::Owned(bytes)))
    }

    pub(super) fn data(&self) -> &ArchivedGraphData {
        #[expect(unsafe_code, reason = "a check on each access would take longer than the access")]
        // SAFETY: the payload is valid, by the invariant of this type. Owned bytes do not change, and the caller of
        // `map` has promised that mapped bytes do not change.
        unsafe {
            rkyv::access_unchecked(&self.0[HEADER..])
        }
    }
}

impl PartialEq for GraphFile {
    fn eq(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }
}

impl DependencyGraph {
    /// Writes the graph to a file, and replaces the file if it exists.
    ///
    /// Equal graphs give equal bytes. The write is not atomic; [`Self::read_from`] detects a truncated file.
    ///
    /// # Errors
    ///
    /// [`Error::Write`] if the file cannot be created or written.
    pub fn write_to(&self, path: &Path) -> Result<(), Error> {
        fs::write(path, &*self.file.0).map_err(|source| Error::Write { path: path.to_owned(), source })
    }

    /// Reads a graph that [`Self::write_to`] wrote.
    ///
    /// The file is untrusted input. All of it is checked before use, and no more memory is allocated than the file has
    /// bytes, so any content gives a graph or an error.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if the file cannot be read, [`Error::Foreign`] if this crate did not write it, [`Error::Format`]
    /// if another version wrote it, [`Error::Damaged`] if it was truncated or changed.
    pub fn read_from(path: &Path) -> Result<Self, Error> {
        let bytes = read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let payload = payload(path, &bytes)?;
        let damaged = |reason: String| Error::Damaged { path: path.to_owned(), reason };
        if fnv1a(payload.bytes) != payload.checksum {
            return Err(damaged("the checksum does not match".to_owned()));
        }
        let data = rkyv::access::<ArchivedGraphData, Failure>(payload.bytes);
        data.map_err(|_| damaged("the records are malformed".to_owned()))?.check().map_err(damaged)?;
        Ok(Self { file: GraphFile(Bytes::Owned(bytes)) })
    }

    /// Maps a graph that [`Self::write_to`] wrote.
    ///
    /// Only the header is read. The cost of opening a graph does not depend on its size; each query reads the pages
    /// that it needs.
    ///
    /// # Errors
    ///
    /// The errors of [`Self::read_from`], except that changed bytes are not detected.
    ///
    /// # Safety
    ///
    /// The file must have exactly the bytes that [`Self::write_to`] wrote. No process may change or truncate it while
    /// the graph is in use. The file may be removed, and another file may be renamed to its path.
    #[expect(unsafe_code, reason = "the caller must have verified the bytes")]
    pub unsafe fn map(path: &Path) -> Result<Self, Error> {
        // SAFETY: the caller promises that no process changes the file.
        let map = File::open(path).and_then(|file| unsafe { Mmap::map(&file) });
        let bytes = Bytes::Mapped(map.map_err(|source| Error::Read { path: path.to_owned(), source })?);
        payload(path, &bytes)?;
        Ok(Self { file: GraphFile(bytes) })
    }
}

fn read(path: &Path) -> io::Result<AlignedVec> {
    let mut bytes = AlignedVec::new();
    bytes.extend_from_reader(&mut File::open(path)?)?;
    Ok(bytes)
}

/// The bytes after the header, and the checksum that the header has for them.
struct Payload<'a> {
    bytes: &'a [u8],
    checksum: u64,
}

/// Checks the header of a file and returns the payload. Does not check the checksum.
fn payload<'a>(path: &Path, bytes: &'a [u8]) -> Result<Payload<'a>, Error> {
    if !bytes.starts_with(&MAGIC) {
        return Err(Error::Foreign { path: path.to_owned() });
    }
    let damaged = |reason: &str| Error::Damaged { path: path.to_owned(), reason: reason.to_owned() };
    let Some((header, payload)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(damaged("the header is truncated"));
    };
    let (fields, _) = header.as_chunks();
    let [_, found, length, checksum] = [fields[0], fields[1], fields[2], fields[3]].map(u64::from_le_bytes);
    if found != FORMAT {
        return Err(Error::Format { path: path.to_owned(), found, supported: FORMAT });
    }
    if payload.len() as u64 != length {
        return Err(damaged("the length does not match"));
    }
    Ok(Payload { bytes: payload, checksum })
}

/// Computes the FNV-1a checksum, at 1 GB/s. It detects accidental changes, not deliberate ones.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
