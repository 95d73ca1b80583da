//! The copy of one file on Linux: by `FICLONE`, or by parts.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use rustix::fs::{SeekFrom as To, seek};
use rustix::io::Errno;

use super::Begun;

/// Makes `to` share the blocks of `from`, or else copies a file of at most `part` bytes.
pub(super) fn begin(from: &Path, to: &Path, may_copy: bool, part: u64) -> io::Result<Begun> {
    let source = File::open(from)?;
    let target = File::create_new(to)?;
    if rustix::fs::ioctl_ficlone(&target, &source).is_ok() {
        return Ok(Begun::Copied);
    }
    if !may_copy {
        std::fs::remove_file(to)?;
        return Ok(Begun::Refused);
    }
    let size = source.metadata()?.len();
    // Also for the hole at the end of a file.
    target.set_len(size)?;
    if size > part {
        return Ok(Begun::Empty);
    }
    copy_data(&source, &target, 0..size)?;
    Ok(Begun::Copied)
}

/// Copies a part of a file into an existing one.
pub(super) fn copy_part(from: &Path, to: &Path, bytes: Range<u64>) -> io::Result<()> {
    // Each part has its own files, because an open file has one position.
    copy_data(&File::open(from)?, &File::options().write(true).open(to)?, bytes)
}

/// Copies a part of a file without its holes.
fn copy_data(mut source: &File, mut target: &File, bytes: Range<u64>) -> io::Result<()> {
    let mut rest = bytes;
    while let Some(data) = next_data(source, &rest)? {
        source.seek(SeekFrom::Start(data.start))?;
        target.seek(SeekFrom::Start(data.start))?;
        let length = data.end - data.start;
        // By `copy_file_range`, so that the bytes stay in the kernel.
        if io::copy(&mut source.take(length), &mut target)? < length {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "another process has truncated it"));
        }
        rest.start = data.end;
    }
    Ok(())
}

/// Returns the first data of this part of the file, up to the next hole.
fn next_data(file: &File, part: &Range<u64>) -> io::Result<Option<Range<u64>>> {
    if part.is_empty() {
        return Ok(None);
    }
    let start = match seek(file, To::Data(part.start)) {
        Ok(start) => start,
        // Only a hole follows.
        Err(Errno::NXIO) => return Ok(None),
        // A file system that does not know its holes.
        Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(Some(part.clone())),
        Err(error) => return Err(error.into()),
    };
    if start >= part.end {
        return Ok(None);
    }
    let end = seek(file, To::Hole(start)).unwrap_or(part.end).min(part.end);
    Ok(Some(start..end))
}
