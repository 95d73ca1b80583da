//! Looking through an archive before anything of it is written.

use std::fs::File;
use std::io::{self, BufReader, Read};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::{Fault, Limits};

/// A long name or an extended header is read into memory as a whole; real ones have a few hundred bytes.
const LARGEST_HEADER: u64 = 1 << 20;

/// The entry, when it is known, and what is wrong.
type Failure = (Option<String>, Fault);

/// What there is to write.
pub(super) struct Survey {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// Reads the archive to the end of its compressed stream, so that a truncated or overlarge one is refused before
/// anything is written, and checks what must hold before names are put together from several headers.
pub(super) fn survey(file: File, limits: Limits) -> Result<Survey, Failure> {
    let mut survey = Survey { files: 0, bytes: 0 };
    let mut entries = 0;
    let unreadable = |error: io::Error| match error.get_ref().and_then(|inner| inner.downcast_ref::<TooLarge>()) {
        Some(TooLarge(limit)) => (None, Fault::TooLarge(*limit)),
        None => (None, Fault::Unreadable(error)),
    };
    let mut archive = stream(file, limits);
    for entry in archive.entries().map_err(unreadable)?.raw(true) {
        let mut entry = entry.map_err(unreadable)?;
        entries += 1;
        if entries > limits.entries {
            return Err((None, Fault::TooMany(limits.entries)));
        }
        match entry.header().entry_type() {
            EntryType::Regular => {
                survey.files += 1;
                survey.bytes = survey.bytes.saturating_add(entry.size());
            }
            EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader => {
                extension(&mut entry)?;
            }
            _ => {}
        }
    }
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(unreadable)?;
    Ok(survey)
}

/// Checks a header that says something about the entry after it.
fn extension(entry: &mut Entry<'_, impl Read>) -> Result<(), Failure> {
    let refuse = |reason| Err((None, Fault::Refused(reason)));
    if entry.size() > LARGEST_HEADER {
        return refuse("it has a header of more than a megabyte");
    }
    if entry.header().entry_type() != EntryType::XHeader {
        return Ok(());
    }
    let unreadable = |error| (None, Fault::Unreadable(error));
    for record in entry.pax_extensions().map_err(unreadable)?.into_iter().flatten() {
        let key = record.map_err(unreadable)?.key_bytes().to_owned();
        // A size given here would make this reading of the archive another one than that of the second pass.
        if key == b"size" || key.starts_with(b"GNU.sparse") {
            return refuse("it has sparse or enormous files");
        }
    }
    Ok(())
}

/// The unpacked stream of a `.tar.gz`, which fails beyond the limit.
pub(super) fn stream(file: File, limits: Limits) -> Archive<Bounded<MultiGzDecoder<BufReader<File>>>> {
    let inner = MultiGzDecoder::new(BufReader::with_capacity(64 * 1024, file));
    Archive::new(Bounded { inner, left: limits.bytes, limit: limits.bytes })
}

/// A reader that fails after so many bytes; `Read::take` would only end.
pub(super) struct Bounded<R> {
    inner: R,
    left: u64,
    limit: u64,
}

/// The error of [`Bounded`].
#[derive(Debug)]
struct TooLarge(u64);

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "more than {} bytes", self.0)
    }
}

impl std::error::Error for TooLarge {}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other(TooLarge(self.limit)))?;
        Ok(read)
    }
}
