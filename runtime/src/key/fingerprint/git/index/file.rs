//! Reads the file `.git/index`, as `git ls-files` prints it: see gitformat-index(5).

use std::fmt::Write;
use std::io::ErrorKind;
use std::path::Path;

use crate::plain_file;

/// The limit on the size of the file: that of ten million entries.
const MAX_BYTES: u64 = 1 << 30;
/// The sizes of an object id and of the checksum at the end, by SHA-1.
const ID: usize = 20;
/// The times, device, inode, mode, user, group and size of a file, before its object id.
const MODE: usize = 24;
const METADATA: usize = 40;
const FLAGS: usize = METADATA + ID;
/// The entry is assumed to be unchanged.
const VALID: u16 = 0x8000;
/// Two more bytes of flags follow.
const EXTENDED: u16 = 0x4000;
const STAGE: u16 = 0x3000;

/// Returns the lines that `git ls-files -v --stage -z` prints.
///
/// Returns `None` if git has to be asked: the index is damaged, in an unknown format, shared, or of a sparse checkout.
pub(super) fn lines(root: &Path) -> Option<Vec<Vec<u8>>> {
    let path = root.join(".git/index");
    match plain_file::open(&path) {
        Ok(file) => parse(&plain_file::read(&file, MAX_BYTES).ok()?),
        // Nothing was added yet.
        Err(error) if error.kind() == ErrorKind::NotFound => Some(Vec::new()),
        Err(_) => None,
    }
}

fn parse(content: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = content.get(..content.len().checked_sub(ID)?)?.strip_prefix(b"DIRC")?;
    let version = number(&mut rest)?;
    let count = number(&mut rest)?;
    if !(2..=4).contains(&version) {
        return None;
    }
    let mut lines = Vec::new();
    let mut name = Vec::new();
    for _ in 0..count {
        lines.push(entry(&mut rest, version, &mut name)?);
    }
    // The rest consists of extensions. Those with a lower-case letter change the meaning of the entries.
    while !rest.is_empty() {
        let signature = take(&mut rest, 4)?;
        let size = number(&mut rest)?;
        take(&mut rest, usize::try_from(size).ok()?)?;
        signature[0].is_ascii_uppercase().then_some(())?;
    }
    Some(lines)
}

/// Reads an entry, and returns its line. `name` is that of the entry before.
fn entry(rest: &mut &[u8], version: u32, name: &mut Vec<u8>) -> Option<Vec<u8>> {
    let begin = *rest;
    let fixed = take(rest, FLAGS + 2)?;
    let mode = u32::from_be_bytes(fixed[MODE..MODE + 4].try_into().ok()?);
    let flags = u16::from_be_bytes(fixed[FLAGS..].try_into().ok()?);
    if flags & EXTENDED != 0 {
        const SKIPPED: u8 = 0x40;
        let extended = take(rest, 2)?;
        // Git may take the mark of a file outside of a sparse checkout back.
        (version > 2 && extended[0] & SKIPPED == 0).then_some(())?;
    }
    if version == 4 {
        let shared = name.len().checked_sub(offset(rest)?)?;
        name.truncate(shared);
    } else {
        name.clear();
    }
    let end = rest.iter().position(|byte| *byte == 0)?;
    name.extend(take(rest, end)?);
    take(rest, 1)?;
    if version < 4 {
        // Padded to a multiple of eight bytes.
        let padding = (begin.len() - rest.len()).wrapping_neg() % 8;
        take(rest, padding)?;
    }
    let stage = (flags & STAGE) >> 12;
    let tag = if stage == 0 { 'H' } else { 'M' };
    let tag = if flags & VALID == 0 { tag } else { tag.to_ascii_lowercase() };
    let mut line = format!("{tag} {mode:06o} ");
    for byte in &fixed[METADATA..FLAGS] {
        write!(line, "{byte:02x}").ok()?;
    }
    write!(line, " {stage}\t").ok()?;
    let mut line = line.into_bytes();
    line.extend(&*name);
    Some(line)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    take(rest, 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// Reads the number of bytes that the name before has more, as in an offset of a pack file.
fn offset(rest: &mut &[u8]) -> Option<usize> {
    let mut offset = 0_usize;
    loop {
        let byte = take(rest, 1)?[0];
        offset = offset.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            return Some(offset);
        }
        offset = offset.checked_add(1)?;
    }
}

#[cfg(test)]
mod tests;
