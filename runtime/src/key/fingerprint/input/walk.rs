//! Everything below a directory, in one order on every system.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsString;
use std::fmt::Write;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::Unusable;
use crate::key::fingerprint::folder::{is_executable, is_left_out};
use crate::key::stamp::Stamp;
use crate::text;

/// One name below the directory.
pub(super) struct Found {
    /// Its path below the directory, as text.
    pub(super) name: String,
    /// Where it can be opened.
    pub(super) path: PathBuf,
    pub(super) kind: &'static str,
    /// Of a link: what it says, and where it ends.
    pub(super) leads_to: String,
    /// If it has content.
    pub(super) stamp: Option<Stamp>,
    pub(super) size: u64,
}

impl Found {
    /// A file of its own.
    pub(super) fn file(path: PathBuf, metadata: &Metadata) -> Found {
        let (stamp, size) = (Some(Stamp::of(metadata)), metadata.len());
        Found { name: String::new(), path, kind: "file", leads_to: String::new(), stamp, size }
    }
}

/// All below `root`. A link to a directory stands for all that is in there, once: where it has been walked already, or is being
/// walked, the link says so, and is no way around in a circle.
pub(super) fn walk(root: &Path) -> Result<Vec<Found>, Unusable> {
    let real = fs::canonicalize(root).map_err(|error| Unusable::io(root, &error))?;
    let mut walk = Walk::default();
    walk.directory(&real, "")?;
    // After all that is within: what a link leads to is mostly there.
    while let Some((link, real)) = walk.links.pop_front() {
        let name = format!("{}/", walk.found[link].name);
        if is_left_out(&real) {
            walk.found[link].leads_to += " (left out)";
            continue;
        }
        let number = walk.number(&real);
        let _ = write!(walk.found[link].leads_to, " {number}");
        if number == walk.walked.len() {
            walk.directory(&real, &name)?;
        }
    }
    Ok(walk.found)
}

#[derive(Default)]
struct Walk {
    found: Vec<Found>,
    /// The real directories, numbered as they were come to.
    walked: HashMap<PathBuf, usize>,
    /// Links to directories that are still to be followed.
    links: VecDeque<(usize, PathBuf)>,
}

impl Walk {
    /// The directory's number, or the one that it will have.
    fn number(&self, real: &Path) -> usize {
        self.walked.get(real).copied().unwrap_or(self.walked.len())
    }

    /// Adds what is in a directory that has not been walked; `prefix` comes before its names.
    fn directory(&mut self, real: &Path, prefix: &str) -> Result<(), Unusable> {
        self.walked.insert(real.to_owned(), self.walked.len());
        let mut names: Vec<OsString> = fs::read_dir(real)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.file_name())).collect())
            .map_err(|error| Unusable::io(real, &error))?;
        // The order of a directory is up to the file system.
        names.sort();
        for name in names {
            let path = real.join(&name);
            let name = format!("{prefix}{}", text::name(&name));
            match path.symlink_metadata() {
                Ok(metadata) => self.entry(name, path, &metadata)?,
                // It was there a moment ago: somebody's temporary file.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Unusable::io(&path, &error)),
            }
        }
        Ok(())
    }

    fn entry(&mut self, name: String, path: PathBuf, metadata: &Metadata) -> Result<(), Unusable> {
        if metadata.is_symlink() {
            return self.link(name, path);
        }
        if !metadata.is_dir() {
            self.found.push(content(name, path, metadata, String::new()));
            return Ok(());
        }
        if is_left_out(&path) {
            return Ok(());
        }
        let number = self.number(&path);
        let is_new = number == self.walked.len();
        let prefix = format!("{name}/");
        // Seen already if a link led there.
        let leads_to = if is_new { String::new() } else { number.to_string() };
        self.found.push(without_content(name, path.clone(), "directory", leads_to));
        if is_new { self.directory(&path, &prefix) } else { Ok(()) }
    }

    fn link(&mut self, name: String, path: PathBuf) -> Result<(), Unusable> {
        let said = fs::read_link(&path).map_err(|error| Unusable::io(&path, &error))?;
        let said = text::value(said.as_os_str().as_encoded_bytes());
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                let real = fs::canonicalize(&path).map_err(|error| Unusable::io(&path, &error))?;
                self.links.push_back((self.found.len(), real));
                self.found.push(without_content(name, path, "directory", said));
            }
            Ok(metadata) => self.found.push(content(name, path, &metadata, said)),
            Err(error) if leads_nowhere(&error) => self.found.push(without_content(name, path, "nothing", said)),
            Err(error) => return Err(Unusable::io(&path, &error)),
        }
        Ok(())
    }
}

fn content(name: String, path: PathBuf, metadata: &Metadata, leads_to: String) -> Found {
    if !metadata.is_file() {
        // A socket or a pipe has no content that could be read.
        return without_content(name, path, "special", leads_to);
    }
    let kind = if is_executable(metadata) { "executable" } else { "file" };
    Found { name, kind, leads_to, ..Found::file(path, metadata) }
}

fn without_content(name: String, path: PathBuf, kind: &'static str, leads_to: String) -> Found {
    Found { name, path, kind, leads_to, stamp: None, size: 0 }
}

fn leads_nowhere(error: &io::Error) -> bool {
    #[cfg(unix)]
    if rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::LOOP) {
        return true;
    }
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
