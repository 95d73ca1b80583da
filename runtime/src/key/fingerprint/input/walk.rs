//! Lists everything below a directory, in one order on every system.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsString;
use std::fmt::Write;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::key::fingerprint::folder::{is_executable, is_skipped, is_skipped_file};
use crate::key::fingerprint::unusable::Unusable;
use crate::key::stamp::Stamp;
use crate::paths;
use crate::text;

/// A file, directory or link below the directory.
pub(super) struct Found {
    /// The path below the directory, as text.
    pub(super) name: String,
    /// The path to open.
    pub(super) path: PathBuf,
    pub(super) kind: &'static str,
    /// For a link: its text, and the number of the directory that it leads to.
    pub(super) leads_to: String,
    /// The stamp, if there is content.
    pub(super) stamp: Option<Stamp>,
    pub(super) size: u64,
}

impl Found {
    /// Returns a single file.
    pub(super) fn file(path: PathBuf, metadata: &Metadata) -> Found {
        let (stamp, size) = (Some(Stamp::of(metadata)), metadata.len());
        Found { name: String::new(), path, kind: "file", leads_to: String::new(), stamp, size }
    }
}

/// Lists everything below `root`.
///
/// The content of a linked directory is listed once. Another link to a directory that was walked has the number of that
/// directory, so links in a circle end.
pub(super) fn walk(root: &Path) -> Result<Vec<Found>, Unusable> {
    let real = paths::real(root).map_err(|error| Unusable::io(root, &error))?;
    let mut walk = Walk::default();
    walk.directory(&real, "")?;
    // Links last: their targets are mostly below `root`.
    while let Some((link, real)) = walk.links.pop_front() {
        let name = format!("{}/", walk.found[link].name);
        if is_skipped(&real) {
            // Part of the digest: another text would change keys.
            walk.found[link].leads_to += " (left out)"; // prose: keep
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
    /// The walked directories, without links, with their numbers in the order of the walk.
    walked: HashMap<PathBuf, usize>,
    /// Links to directories that are not followed yet.
    links: VecDeque<(usize, PathBuf)>,
}

impl Walk {
    /// Returns the directory's number, or the one that it will get.
    fn number(&self, real: &Path) -> usize {
        self.walked.get(real).copied().unwrap_or(self.walked.len())
    }

    /// Adds the content of a directory that has not been walked. `prefix` precedes its names.
    fn directory(&mut self, real: &Path, prefix: &str) -> Result<(), Unusable> {
        self.walked.insert(real.to_owned(), self.walked.len());
        let mut names: Vec<OsString> = fs::read_dir(real)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.file_name())).collect())
            .map_err(|error| Unusable::io(real, &error))?;
        names.retain(|name| !is_skipped_file(name));
        // File systems list a directory in any order.
        names.sort();
        for name in names {
            let path = real.join(&name);
            let name = format!("{prefix}{}", text::name(&name));
            match path.symlink_metadata() {
                Ok(metadata) => self.entry(name, path, &metadata)?,
                // A file that was removed in the meantime, such as a temporary one.
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
        if is_skipped(&path) {
            return Ok(());
        }
        let number = self.number(&path);
        let is_new = number == self.walked.len();
        let prefix = format!("{name}/");
        // It was walked before if a link led to it.
        let leads_to = if is_new { String::new() } else { number.to_string() };
        self.found.push(without_content(name, path.clone(), "directory", leads_to));
        if is_new { self.directory(&path, &prefix) } else { Ok(()) }
    }

    fn link(&mut self, name: String, path: PathBuf) -> Result<(), Unusable> {
        let target = fs::read_link(&path).map_err(|error| Unusable::io(&path, &error))?;
        let text = text::value(&paths::bytes(target.as_os_str()));
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                let real = paths::real(&path).map_err(|error| Unusable::io(&path, &error))?;
                self.links.push_back((self.found.len(), real));
                self.found.push(without_content(name, path, "directory", text));
            }
            Ok(metadata) => self.found.push(content(name, path, &metadata, text)),
            Err(error) if is_broken(&error) => self.found.push(without_content(name, path, "nothing", text)),
            Err(error) => return Err(Unusable::io(&path, &error)),
        }
        Ok(())
    }
}

fn content(name: String, path: PathBuf, metadata: &Metadata, leads_to: String) -> Found {
    if !metadata.is_file() {
        // A socket or a pipe has no content to read.
        return without_content(name, path, "special", leads_to);
    }
    let kind = if is_executable(metadata) { "executable" } else { "file" };
    Found { name, kind, leads_to, ..Found::file(path, metadata) }
}

fn without_content(name: String, path: PathBuf, kind: &'static str, leads_to: String) -> Found {
    Found { name, path, kind, leads_to, stamp: None, size: 0 }
}

/// Returns `true` if the error of following a link says that the link is broken.
fn is_broken(error: &io::Error) -> bool {
    #[cfg(unix)]
    if rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::LOOP) {
        return true;
    }
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
