//! A graph as a file, which is what a graph is in memory, too.
//!
//! ```text
//! 8 bytes  magic "CODEGRPH"
//! 8 bytes  format version
//! 8 bytes  payload length
//! 8 bytes  FNV-1a of the payload
//! payload  the records, in rkyv's format, the root at its end
//! ```
//!
//! All numbers are little endian. The header has 32 bytes, so that the payload of a file that is mapped is aligned.

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
/// Raise it with every change of the records or of the header.
const FORMAT: u64 = 2;
const HEADER: usize = 32;

/// The whole file, its header included. Its payload is sound: written by this process, or checked, or vouched for.
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
        #[expect(unsafe_code, reason = "checking it each time would take longer than reading it")]
        // SAFETY: whoever made this value has written the payload, has checked it, or was promised that it is sound; and that
        // nobody changes it.
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
    /// Writes the graph to a file, replacing what is there.
    ///
    /// Equal graphs give equal bytes. Not atomic: a file that was cut short is noticed by [`Self::read_from`].
    ///
    /// # Errors
    ///
    /// [`Error::Write`] if the file cannot be created or written.
    pub fn write_to(&self, path: &Path) -> Result<(), Error> {
        fs::write(path, &*self.file.0).map_err(|source| Error::Write { path: path.to_owned(), source })
    }

    /// Reads a graph that [`Self::write_to`] wrote.
    ///
    /// Whatever the file holds, this ends with a graph or an error: everything is checked before it is used, and no more
    /// memory is asked for than the file has bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if the file cannot be read, [`Error::Foreign`] if it is something else, [`Error::Format`] if
    /// another version wrote it, [`Error::Damaged`] if it was cut short or changed.
    pub fn read_from(path: &Path) -> Result<Self, Error> {
        let bytes = read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let payload = payload(path, &bytes)?;
        let damaged = |reason: String| Error::Damaged { path: path.to_owned(), reason };
        if fnv1a(payload.bytes) != payload.checksum {
            return Err(damaged("not of the checksum that it says".to_owned()));
        }
        let data = rkyv::access::<ArchivedGraphData, Failure>(payload.bytes);
        data.map_err(|_| damaged("its records are no records".to_owned()))?.check().map_err(damaged)?;
        Ok(Self { file: GraphFile(Bytes::Owned(bytes)) })
    }

    /// Maps a graph that [`Self::write_to`] wrote, and reads nothing but its header: what a graph costs is then what is asked of
    /// it, however large it is.
    ///
    /// # Errors
    ///
    /// As [`Self::read_from`], but changed bytes go unnoticed.
    ///
    /// # Safety
    ///
    /// Since [`Self::write_to`] has written the file, not a byte of it was changed, and nobody changes or truncates it for as long
    /// as the graph is in use. It may be removed, and another one renamed to its place.
    #[expect(unsafe_code, reason = "whoever calls it has to have compared the bytes")]
    pub unsafe fn map(path: &Path) -> Result<Self, Error> {
        // SAFETY: the caller promises that nobody changes the file.
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

struct Payload<'a> {
    bytes: &'a [u8],
    checksum: u64,
}

/// What follows a header that fits it.
fn payload<'a>(path: &Path, bytes: &'a [u8]) -> Result<Payload<'a>, Error> {
    if !bytes.starts_with(&MAGIC) {
        return Err(Error::Foreign { path: path.to_owned() });
    }
    let damaged = |reason: &str| Error::Damaged { path: path.to_owned(), reason: reason.to_owned() };
    let Some((header, payload)) = bytes.split_first_chunk::<HEADER>() else { return Err(damaged("cut short")) };
    let (fields, _) = header.as_chunks();
    let [_, found, length, checksum] = [fields[0], fields[1], fields[2], fields[3]].map(u64::from_le_bytes);
    if found != FORMAT {
        return Err(Error::Format { path: path.to_owned(), found, supported: FORMAT });
    }
    if payload.len() as u64 != length {
        return Err(damaged("not of the length that it says"));
    }
    Ok(Payload { bytes: payload, checksum })
}

/// Enough to notice accidents, which is all that is promised; 1 GB/s.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
