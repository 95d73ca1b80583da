//! Unpacks untrusted archives.
//!
//! Regular files and directories below one top-level directory are unpacked, without that directory. Symbolic links
//! that stay inside are skipped on every system: Windows cannot create them, and without links no entry can be written
//! through one. All else is an error: links that lead out, hard links, devices, absolute names, `..`, duplicate names,
//! anything that git could take for its own directory (it would run the programs that the configuration names), and
//! more bytes or entries than a source distribution has. After an error the caller removes the directory.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use fs_err::{self as fs, File};
use indicatif::{HumanCount, ProgressBar};
use tar::{Entry, EntryType};

use self::survey::{UNREADABLE, stream, survey};

mod name;
mod survey;

/// The maximum size of an archive.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// The size of the unpacked stream, including headers.
    pub(super) bytes: u64,
    pub(super) entries: u64,
}

/// Thirty times matplotlib's sixty megabytes, and fifty times Django's ten thousand entries.
pub(super) const LIMITS: Limits = Limits { bytes: 2 << 30, entries: 500_000 };

/// The result of unpacking.
#[derive(Debug, Default)]
pub(super) struct Unpacked {
    files: u64,
    /// The executable files, with `/` between the parts of their names.
    pub(super) executables: Vec<String>,
    pub(super) links_skipped: u64,
}

/// Unpacks the `.tar.gz` at `file` into the new directory `directory`.
pub(super) fn unpack(file: &Path, directory: &Path, limits: Limits, progress: &ProgressBar) -> Result<Unpacked> {
    unpack_archive(file, directory, limits, progress).with_context(|| format!("failed to unpack {}", file.display()))
}

fn unpack_archive(file: &Path, directory: &Path, limits: Limits, progress: &ProgressBar) -> Result<Unpacked> {
    let survey = survey(File::open(file)?, limits)?;
    progress.set_length(survey.bytes);
    progress.set_position(0);
    progress.set_message(format!("unpacking {} files", HumanCount(survey.files)));
    fs::create_dir(directory)?;
    let mut writer = Writer { directory, top: None, unpacked: Unpacked::default() };
    for entry in stream(File::open(file)?, limits).entries()? {
        let mut entry = entry.context(UNREADABLE)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        progress.inc(writer.entry(&mut entry).with_context(|| format!("entry {name:?}"))?);
    }
    if writer.unpacked.files == 0 {
        bail!("it holds no file");
    }
    Ok(writer.unpacked)
}

/// Writes entries one after the other.
struct Writer<'a> {
    directory: &'a Path,
    top: Option<String>,
    unpacked: Unpacked,
}

impl Writer<'_> {
    /// Writes a file or directory, and returns the number of bytes.
    fn entry(&mut self, entry: &mut Entry<'_, impl Read>) -> Result<u64> {
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            return Ok(0);
        }
        let bytes = entry.path_bytes().into_owned();
        let text = std::str::from_utf8(&bytes).map_err(|_| anyhow!("its name is not UTF-8"))?;
        let parts = name::parts(text)?;
        let Some((top, inside)) = parts.split_first() else {
            return if kind == EntryType::Directory { Ok(0) } else { Err(anyhow!("it has no name")) };
        };
        if self.top.get_or_insert_with(|| (*top).to_owned()) != top {
            bail!("there is more than one top-level directory");
        }
        let path = inside.iter().fold(self.directory.to_owned(), |path: PathBuf, part| path.join(part));
        if kind == EntryType::Directory || (kind == EntryType::Regular && text.ends_with('/')) {
            return create_directory(&path).map(|()| 0);
        }
        if inside.is_empty() {
            bail!("it is not inside a top-level directory");
        }
        match kind {
            EntryType::Regular => self.file(entry, &path, inside.join("/")),
            EntryType::Symlink => {
                let target = entry.link_name_bytes().context("a link without a target")?;
                name::stays_inside(&target, inside.len() - 1)?;
                self.unpacked.links_skipped += 1;
                Ok(0)
            }
            EntryType::Link => bail!("hard links are not unpacked"),
            _ => bail!("only files and directories are unpacked"),
        }
    }

    fn file(&mut self, entry: &mut Entry<'_, impl Read>, path: &Path, name: String) -> Result<u64> {
        let is_executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
        if let Some(parent) = path.parent() {
            create_directory(parent)?;
        }
        let size = entry.size();
        // Never an existing file: a name may occur twice, and the file system may not distinguish two names.
        let mut file = File::options().write(true).create_new(true).open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => anyhow!("the name occurs twice, or differs from another in case only"),
            _ => error.into(),
        })?;
        let written = io::copy(entry, &mut file)?;
        if written != size {
            bail!(UNREADABLE);
        }
        set_mode(&file, is_executable)?;
        self.unpacked.files += 1;
        if is_executable {
            self.unpacked.executables.push(name);
        }
        Ok(written)
    }
}

fn create_directory(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => anyhow!("a file is in its place"),
        _ => error.into(),
    })
}

#[cfg(unix)]
fn set_mode(file: &File, is_executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(if is_executable { 0o755 } else { 0o644 }))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _is_executable: bool) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
