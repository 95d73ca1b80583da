//! The copy of one file on systems other than Linux.
//!
//! `fs::copy` shares blocks there: it calls `fclonefileat` on macOS, and `CopyFileEx` on Windows, which clones the
//! blocks of ReFS since Windows 11 24H2 and Windows Server 2025.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use super::Begun;

/// Copies the file. A large one is refused unless `may_copy`, because no call says in advance whether it shares blocks.
pub(super) fn begin(from: &Path, to: &Path, may_copy: bool, _: u64) -> io::Result<Begun> {
    if !may_copy {
        return Ok(Begun::Refused);
    }
    fs::copy(from, to)?;
    Ok(Begun::Copied)
}

pub(super) fn copy_part(_: &Path, _: &Path, _: Range<u64>) -> io::Result<()> {
    unreachable!("files are copied as a whole")
}
