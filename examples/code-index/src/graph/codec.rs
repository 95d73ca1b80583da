//! A graph as a file.
//!
//! ```text
//! 8 bytes  magic "CODEGRPH"
//! 4 bytes  format version, little endian
//! 8 bytes  payload length, little endian
//! 8 bytes  FNV-1a of the payload, little endian
//! payload  the records, in postcard
//! ```

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use super::{DependencyGraph, GraphData};
use crate::error::Error;

const MAGIC: [u8; 8] = *b"CODEGRPH";
/// Raise it with every change of the records or of the header.
const FORMAT: u32 = 1;
const HEADER: usize = 8 + 4 + 8 + 8;

impl DependencyGraph {
    /// Writes the graph to a file, replacing what is there.
    ///
    /// Equal graphs give equal bytes. Not atomic: a file that was cut short is noticed by [`Self::read_from`].
    ///
    /// # Errors
    ///
    /// [`Error::Write`] if the file cannot be created or written.
    pub fn write_to(&self, path: &Path) -> Result<(), Error> {
        self.write(path).map_err(|source| Error::Write { path: path.to_owned(), source })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        // The checksum stands before the payload, so the payload is made first; that is also the one buffer needed.
        let payload = postcard::to_stdvec(&self.data).map_err(io::Error::other)?;
        let mut header = Vec::with_capacity(HEADER);
        header.extend(MAGIC);
        header.extend(FORMAT.to_le_bytes());
        header.extend((payload.len() as u64).to_le_bytes());
        header.extend(fnv1a(&payload).to_le_bytes());
        let mut file = File::create(path)?;
        file.write_all(&header)?;
        file.write_all(&payload)
    }

    /// Reads a graph that [`Self::write_to`] wrote.
    ///
    /// Whatever the file holds, this ends with a graph or an error: lengths and numbers are checked before they are
    /// used, and no more memory is asked for than the file's size warrants.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if the file cannot be read, [`Error::Foreign`] if it is something else, [`Error::Format`] if
    /// another version wrote it, [`Error::Damaged`] if it was cut short or changed.
    pub fn read_from(path: &Path) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let damaged = |reason: String| Error::Damaged { path: path.to_owned(), reason };
        let payload = payload(path, &bytes)?;
        let (data, rest): (GraphData, &[u8]) =
            postcard::take_from_bytes(payload).map_err(|error| damaged(error.to_string()))?;
        if !rest.is_empty() {
            return Err(damaged(format!("{} bytes too many", rest.len())));
        }
        data.check().map_err(damaged)?;
        Ok(Self::from_data(data))
    }
}

/// What follows a header that fits it.
fn payload<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a [u8], Error> {
    if !bytes.starts_with(&MAGIC) {
        return Err(Error::Foreign { path: path.to_owned() });
    }
    let damaged = |reason: &str| Error::Damaged { path: path.to_owned(), reason: reason.to_owned() };
    let cut_short = || damaged("cut short");
    let (version, rest) = bytes[MAGIC.len()..].split_first_chunk().ok_or_else(cut_short)?;
    let found = u32::from_le_bytes(*version);
    if found != FORMAT {
        return Err(Error::Format { path: path.to_owned(), found, supported: FORMAT });
    }
    let (length, rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
    let (checksum, payload) = rest.split_first_chunk().ok_or_else(cut_short)?;
    if payload.len() as u64 != u64::from_le_bytes(*length) {
        return Err(damaged("not of the length that it says"));
    }
    if fnv1a(payload) != u64::from_le_bytes(*checksum) {
        return Err(damaged("not of the checksum that it says"));
    }
    Ok(payload)
}

/// Enough to notice accidents, which is all that is promised; 1 GB/s, so that it costs less than decoding.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
