//! Unpacking what somebody else has packed.
//!
//! Allowed are regular files and directories below one top-level directory, which is stripped. Symbolic links that stay
//! inside are left out, the same on every system: Windows cannot make them, and without links on disk no later entry can
//! be led astray by one. Everything else is an error: links that lead out, hard links, devices, absolute names, `..`,
//! names that occur twice, anything called `.git` (git would take its configuration, and run what it names), and more
//! bytes or entries than a source distribution has. Whoever gets an error throws the directory away.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use indicatif::{HumanCount, ProgressBar};
use tar::{Entry, EntryType};

use self::survey::{stream, survey};
use super::FetchError;
use super::error::Fault;

mod name;
mod survey;

/// How large an archive may get.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Of the unpacked stream, headers included.
    pub(super) bytes: u64,
    pub(super) entries: u64,
}

/// Thirty times matplotlib's sixty megabytes, and fifty times Django's ten thousand entries.
pub(super) const LIMITS: Limits = Limits { bytes: 2 << 30, entries: 500_000 };

/// What there was to unpack.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// The files that are to be executable, with `/` between the parts of their names.
    pub(super) executables: Vec<String>,
    pub(super) links_left_out: u64,
}

/// Unpacks the `.tar.gz` at `file` into the new directory `directory`.
pub(super) fn unpack(
    file: &Path,
    directory: &Path,
    limits: Limits,
    progress: &ProgressBar,
) -> Result<Unpacked, FetchError> {
    let fault = |(entry, fault)| FetchError::Archive { file: file.to_owned(), entry, fault };
    let open = || File::open(file).map_err(FetchError::io("open", file));
    let survey = survey(open()?, limits).map_err(fault)?;
    progress.set_length(survey.bytes);
    progress.set_position(0);
    progress.set_message(format!("unpacking {} files", HumanCount(survey.files)));
    fs::create_dir(directory).map_err(FetchError::io("create", directory))?;
    let mut writer = Writer::new(directory);
    for entry in stream(open()?, limits).entries().map_err(FetchError::io("read", file))? {
        let mut entry = entry.map_err(|error| fault((None, Fault::Unreadable(error))))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let written = writer.entry(&mut entry).map_err(|problem| match problem {
            Problem::Archive(reason) => fault((Some(name), reason)),
            Problem::Disk(error) => error,
        })?;
        progress.inc(written);
    }
    if writer.files == 0 {
        return Err(fault((None, Fault::Refused("it holds no file"))));
    }
    Ok(Unpacked { executables: writer.executables, links_left_out: writer.links_left_out })
}

/// Why an entry was not written.
enum Problem {
    Archive(Fault),
    Disk(FetchError),
}

impl From<&'static str> for Problem {
    fn from(reason: &'static str) -> Self {
        Problem::Archive(Fault::Refused(reason))
    }
}

/// Writes entry after entry, remembering what was.
struct Writer<'a> {
    directory: &'a Path,
    top: Option<String>,
    files: u64,
    executables: Vec<String>,
    links_left_out: u64,
}

impl<'a> Writer<'a> {
    fn new(directory: &'a Path) -> Self {
        Writer { directory, top: None, files: 0, executables: Vec::new(), links_left_out: 0 }
    }

    /// Writes `entry` if it is one to be written; returns the number of bytes.
    fn entry(&mut self, entry: &mut Entry<'_, impl Read>) -> Result<u64, Problem> {
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            return Ok(0);
        }
        let bytes = entry.path_bytes().into_owned();
        let text = std::str::from_utf8(&bytes).map_err(|_| "its name is not UTF-8")?;
        let parts = name::parts(text)?;
        let Some((top, inside)) = parts.split_first() else {
            return if kind == EntryType::Directory { Ok(0) } else { Err("it has no name".into()) };
        };
        if self.top.get_or_insert_with(|| (*top).to_owned()) != top {
            return Err("there is more than one top-level directory".into());
        }
        let inner = inside.join("/");
        let path = inside.iter().fold(self.directory.to_owned(), |path: PathBuf, part| path.join(part));
        let is_directory = kind == EntryType::Directory || (kind == EntryType::Regular && text.ends_with('/'));
        if is_directory {
            return make_directory(&path).map(|()| 0);
        }
        if inside.is_empty() {
            return Err("it is not inside of a top-level directory".into());
        }
        match kind {
            EntryType::Regular => self.file(entry, &path, inner),
            EntryType::Symlink => {
                let target = entry.link_name_bytes().ok_or("a link without a target")?;
                name::stays_inside(&target, inside.len() - 1)?;
                self.links_left_out += 1;
                Ok(0)
            }
            EntryType::Link => Err("hard links are not unpacked".into()),
            _ => Err("only files and directories are unpacked".into()),
        }
    }

    fn file(&mut self, entry: &mut Entry<'_, impl Read>, path: &Path, inner: String) -> Result<u64, Problem> {
        let executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
        if let Some(parent) = path.parent() {
            make_directory(parent)?;
        }
        let size = entry.size();
        // Never an existing file: a name may occur twice, and two names may be one on this file system.
        let mut file = File::options().write(true).create_new(true).open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => "the name occurs twice, or is another's in upper and lower case".into(),
            _ => Problem::Disk(FetchError::io("create", path)(error)),
        })?;
        let written =
            io::copy(entry, &mut file).map_err(|error| Problem::Disk(FetchError::io("write", path)(error)))?;
        if written != size {
            let error = io::Error::from(io::ErrorKind::UnexpectedEof);
            return Err(Problem::Archive(Fault::Unreadable(error)));
        }
        set_mode(&file, executable).map_err(|error| Problem::Disk(FetchError::io("set the mode of", path)(error)))?;
        self.files += 1;
        if executable {
            self.executables.push(inner);
        }
        Ok(written)
    }
}

fn make_directory(path: &Path) -> Result<(), Problem> {
    fs::create_dir_all(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => "a file is in its place".into(),
        _ => Problem::Disk(FetchError::io("create", path)(error)),
    })
}

#[cfg(unix)]
fn set_mode(file: &File, executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _executable: bool) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
