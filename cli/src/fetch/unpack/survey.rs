//! Reads a whole archive before anything of it is written.

use std::io::{self, BufReader, Read, Take};

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;
use fs_err::File;
use tar::{Archive, Entry, EntryType};

use super::Limits;

/// The maximum size of a long name or an extended header, which is read into memory. Real ones have some hundred bytes.
const MAX_HEADER: u64 = 1 << 20;

pub(super) const UNREADABLE: &str = "it is damaged, incomplete or not an archive; fetch again";

/// The contents of an archive.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// Reads the archive to the end of its compressed stream, and checks the headers that describe other entries.
///
/// So an incomplete or too large archive is refused before anything is written.
pub(super) fn survey(file: File, limits: Limits) -> Result<Survey> {
    let mut archive = stream(file, limits);
    let surveyed = survey_entries(&mut archive, limits);
    let mut rest = archive.into_inner();
    // After an error, this finds out whether the limit is its cause.
    let read = io::copy(&mut rest, &mut io::sink());
    if rest.limit() == 0 {
        bail!("it unpacks to more than {} bytes", limits.bytes);
    }
    let survey = surveyed?;
    read.context(UNREADABLE)?;
    Ok(survey)
}

fn survey_entries(archive: &mut Archive<impl Read>, limits: Limits) -> Result<Survey> {
    let mut survey = Survey::default();
    for (index, entry) in (1..).zip(archive.entries().context(UNREADABLE)?.raw(true)) {
        let mut entry = entry.context(UNREADABLE)?;
        if index > limits.entries {
            bail!("it has more than {} entries", limits.entries);
        }
        match entry.header().entry_type() {
            EntryType::Regular => {
                survey.files += 1;
                survey.bytes = survey.bytes.saturating_add(entry.size());
            }
            EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader => {
                check_extension(&mut entry)?;
            }
            _ => {}
        }
    }
    Ok(survey)
}

/// Checks a header that describes the entry after it.
fn check_extension(entry: &mut Entry<'_, impl Read>) -> Result<()> {
    if entry.size() > MAX_HEADER {
        bail!("it has a header of more than a megabyte");
    }
    if entry.header().entry_type() != EntryType::XHeader {
        return Ok(());
    }
    for record in entry.pax_extensions().context(UNREADABLE)?.into_iter().flatten() {
        let key = record.context(UNREADABLE)?.key_bytes().to_owned();
        // With another size, the second pass would read other entries than this one.
        if key == b"size" || key.starts_with(b"GNU.sparse") {
            bail!("it has sparse or enormous files");
        }
    }
    Ok(())
}

/// Returns the stream of a `.tar.gz`, which ends one byte after the limit.
pub(super) fn stream(file: File, limits: Limits) -> Archive<Take<MultiGzDecoder<BufReader<File>>>> {
    Archive::new(MultiGzDecoder::new(BufReader::with_capacity(64 * 1024, file)).take(limits.bytes + 1))
}
