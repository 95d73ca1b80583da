//! The portable form of an artifact: a tar archive in zstd.
//!
//! What is written depends on the files' names and content alone. What is read is believed in nothing: names come
//! from the manifest, each file once, only plain files, not a byte more than the manifest says.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use crate::disk;
use crate::error::Error;
use crate::plain_file;
use crate::store::manifest::{ArchiveFile, ListedFile};

/// As ccache does: the graph of Django (27 MB) is packed in 54 ms into 5.7 MB, instead of 78 ms into 5.4 MB at zstd's default, 3; and the level
/// does not change how fast it is read.
const LEVEL: i32 = 1;
/// More only help with archives of hundreds of megabytes.
const MOST_WORKERS: usize = 4;
const BUFFER: usize = 128 * 1024;
/// The smallest hole: the block of most file systems.
const BLOCK: usize = 4096;
const ZEROS: [u8; BLOCK] = [0; BLOCK];
/// In bytes: longer than any path that a system takes.
const LONGEST_NAME: u64 = 64 * 1024;

/// Packs the listed files below `directory` into a new file at `target`, which is complete on disk afterwards.
pub(crate) fn pack(directory: &Path, files: &[ListedFile], target: &Path) -> Result<ArchiveFile, Error> {
    let failed = || Error::io("write the archive", target);
    let file = File::create_new(target).map_err(failed())?;
    let mut hashing = Hashing::new(BufWriter::with_capacity(BUFFER, file));
    let mut encoder = zstd::Encoder::new(&mut hashing, LEVEL).map_err(failed())?;
    encoder.include_checksum(true).map_err(failed())?;
    // What is written does not depend on how many they are, as long as there is one (`ZSTD_c_nbWorkers` in zstd.h).
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    encoder.multithread(u32::try_from(workers).unwrap_or(1)).map_err(failed())?;
    let mut archive = tar::Builder::new(encoder);
    for file in files {
        let path = directory.join(&file.path);
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(entry_type(file));
        header.set_size(file.size);
        header.set_mode(file.kind.mode());
        header.set_mtime(0);
        if file.is_directory() {
            archive.append_data(&mut header, &file.path, io::empty()).map_err(failed())?;
            continue;
        }
        let content = File::open(&path).map_err(Error::io("read", &path))?;
        archive.append_data(&mut header, &file.path, content.take(file.size)).map_err(failed())?;
    }
    archive.into_inner().and_then(zstd::Encoder::finish).map_err(failed())?;
    let (buffered, size, digest) = hashing.finish();
    let file = buffered.into_inner().map_err(|error| failed()(error.into_error()))?;
    disk::sync(&file).map_err(failed())?;
    Ok(ArchiveFile { size, digest })
}

/// Unpacks the archive at `source` into the new directory `target`, checking every byte.
///
/// # Errors
/// The outer error is about writing the files, the inner one says what is wrong with the archive.
pub(crate) fn unpack(
    source: &Path,
    expected: &ArchiveFile,
    files: &[ListedFile],
    target: &Path,
) -> Result<Result<(), String>, Error> {
    fs::create_dir(target).map_err(Error::io("create", target))?;
    let file = match plain_file::open(source) {
        Ok(file) => file,
        Err(error) => return Ok(Err(format!("its archive cannot be opened: {error}"))),
    };
    // One byte more than expected is enough to see that it is too long.
    let mut hashing = Hashing::new(BufReader::with_capacity(BUFFER, file.take(expected.size.saturating_add(1))));
    if let Err(damage) = unpack_entries(&mut hashing, files, target)? {
        return Ok(Err(damage));
    }
    if let Err(error) = io::copy(&mut hashing, &mut io::sink()) {
        return Ok(Err(format!("its archive cannot be read: {error}")));
    }
    Ok(hashing.check(expected))
}

/// Whether the archive at `source` is the one that was written; the error says what is wrong with it.
pub(crate) fn verify(source: &Path, expected: &ArchiveFile) -> Result<(), String> {
    let file = plain_file::open(source).map_err(|error| format!("its archive cannot be opened: {error}"))?;
    let mut hashing = Hashing::new(file.take(expected.size.saturating_add(1)));
    io::copy(&mut hashing, &mut io::sink()).map_err(|error| format!("its archive cannot be read: {error}"))?;
    hashing.check(expected)
}

fn unpack_entries(source: impl Read, files: &[ListedFile], target: &Path) -> Result<Result<(), String>, Error> {
    let mut missing: BTreeMap<&str, &ListedFile> = files.iter().map(|file| (file.path.as_str(), file)).collect();
    let unreadable = |error: io::Error| Ok(Err(format!("its archive cannot be read: {error}")));
    let decoder = match zstd::Decoder::new(source) {
        Ok(decoder) => decoder,
        Err(error) => return unreadable(error),
    };
    let mut archive = tar::Archive::new(decoder);
    // As they are: otherwise what belongs to the next one, such as a long name, would be read into memory whatever its size.
    let entries = match archive.entries() {
        Ok(entries) => entries.raw(true),
        Err(error) => return unreadable(error),
    };
    let mut long_name = None;
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => return unreadable(error),
        };
        let is_name = entry.header().entry_type() == tar::EntryType::GNULongName && long_name.is_none();
        if is_name && entry.size() <= LONGEST_NAME {
            let mut bytes = Vec::new();
            if let Err(error) = entry.read_to_end(&mut bytes) {
                return unreadable(error);
            }
            long_name = Some(bytes);
            continue;
        }
        let bytes = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let name = String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned();
        let Some(file) = missing.remove(name.as_str()) else {
            return Ok(Err(format!("its archive holds `{}`, which is not listed", name.escape_default())));
        };
        if entry.header().entry_type() != entry_type(file) || entry.size() != file.size {
            let expected =
                if file.is_directory() { "a directory".to_owned() } else { format!("a file of {} bytes", file.size) };
            return Ok(Err(format!("`{name}` in its archive is not {expected}")));
        }
        let path = target.join(&file.path);
        if file.is_directory() {
            fs::create_dir_all(&path).map_err(Error::io("create", &path))?;
            continue;
        }
        if let Err(damage) = write_file(&mut entry, file, &path)? {
            return Ok(Err(damage));
        }
    }
    match missing.keys().next() {
        Some(name) => Ok(Err(format!("its archive lacks `{name}`"))),
        None => Ok(Ok(())),
    }
}

fn entry_type(file: &ListedFile) -> tar::EntryType {
    if file.is_directory() { tar::EntryType::Directory } else { tar::EntryType::Regular }
}

/// Writes one file while reading it, so that an error of the one is told from an error of the other.
fn write_file(source: &mut impl Read, file: &ListedFile, path: &Path) -> Result<Result<(), String>, Error> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    }
    let mut output = match File::create_new(path) {
        Ok(file) => file,
        // Two names that are one here, where case does not matter.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Ok(Err(format!("`{}` has the name of another file in its archive", file.path)));
        }
        Err(error) => return Err(Error::io("create", path)(error)),
    };
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; BUFFER];
    let mut left = file.size;
    while left > 0 {
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = match source.read(&mut buffer[..wanted]) {
            Ok(0) => return Ok(Err(format!("`{}` ends early in its archive", file.path))),
            Ok(read) => read,
            Err(error) => return Ok(Err(format!("`{}` cannot be read from its archive: {error}", file.path))),
        };
        hasher.update(&buffer[..read]);
        write_sparse(&mut output, &buffer[..read]).map_err(Error::io("write", path))?;
        left -= read as u64;
    }
    // A hole at the end is not there before its length is.
    output.set_len(file.size).map_err(Error::io("write", path))?;
    if hasher.finalize().to_hex().as_str() != file.digest {
        return Ok(Err(format!("`{}` in its archive is not what was written", file.path)));
    }
    Ok(Ok(()))
}

/// Writes `bytes`, and leaves holes for blocks of zeros: a file that was sparse stays so.
fn write_sparse(output: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    // Compared as a whole, which is fast without optimization, too.
    let is_hole = |block: &[u8]| *block == ZEROS[..block.len()];
    while !bytes.is_empty() {
        let mut blocks = bytes.chunks(BLOCK);
        let is_first_hole = blocks.next().is_some_and(is_hole);
        let alike = 1 + blocks.take_while(|block| is_hole(block) == is_first_hole).count();
        let (run, rest) = bytes.split_at(bytes.len().min(alike * BLOCK));
        if is_first_hole {
            output.seek_relative(i64::try_from(run.len()).unwrap_or(i64::MAX))?;
        } else {
            output.write_all(run)?;
        }
        bytes = rest;
    }
    Ok(())
}

/// Counts and digests what passes through.
struct Hashing<T> {
    inner: T,
    hasher: blake3::Hasher,
    size: u64,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Hashing<T> {
        Hashing { inner, hasher: blake3::Hasher::new(), size: 0 }
    }

    fn pass(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// Whether what has passed through is what was written.
    fn check(self, expected: &ArchiveFile) -> Result<(), String> {
        let (_, size, digest) = self.finish();
        if size == expected.size && digest == expected.digest {
            return Ok(());
        }
        Err("its archive is not the one that was written".to_owned())
    }

    fn finish(self) -> (T, u64, String) {
        (self.inner, self.size, self.hasher.finalize().to_hex().to_string())
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.pass(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.pass(&bytes[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
