//! Finds the sources of the crate that called `code_fingerprint!(own)` that the macro did not find: a macro of another
//! crate declares them, or an attribute reads them. The compiler lists them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Files, Line, listed, unescape};
use crate::digest::file_digest;
use crate::key::fingerprint::Code;
use crate::ordered;
use crate::shared::settings_mark;

/// The files that macros watch although they are no code. A macro that embeds one of them is found by its mention.
const WATCHED: [&str; 3] = ["Cargo.lock", "Cargo.toml", "smoke.toml"];

/// Returns the compiler's list of the sources of the crate that called the macro.
///
/// Returns `None` if the macro recorded no sources of that crate.
pub(super) fn list(code: &Code, executable: &Path) -> Option<PathBuf> {
    let name = code.files.lines().filter_map(Line::parse).find_map(|line| match line {
        Line::List { name, .. } => Some(unescape(name)),
        _ => None,
    })?;
    // The executable of an example is in another directory than the libraries.
    let beside = executable.parent()?;
    let directories = [beside.to_owned(), beside.join("deps"), beside.join("../deps")];
    let lists = directories.map(|directory| directory.join(&name));
    Some(lists.iter().find(|list| list.is_file()).unwrap_or(&lists[0]).clone())
}

impl Files<'_> {
    /// Returns `true` if the crate is compiled from sources that the macro did not find, or if it may be and the
    /// compiler's list is missing.
    pub(super) fn has_unknown_sources(&self) -> bool {
        self.is_open() || !self.unrecorded().is_empty()
    }

    /// Returns the digests of the sources that the macro did not find. Without the compiler's list, these may be in the
    /// executable.
    pub(super) fn unknown_sources(&self) -> BTreeMap<String, String> {
        let mut unknown = self.unrecorded();
        if self.is_open() {
            unknown.extend(std::env::current_exe().ok());
        }
        let digest = |path: &PathBuf| file_digest(path).unwrap_or_else(|_| "unreadable".to_owned());
        ordered::collect(unknown.iter().map(|path| (self.name(path), digest(path))))
    }

    /// Returns `true` if a macro may have declared modules, and the compiler's list is missing.
    fn is_open(&self) -> bool {
        self.compiled.is_none() && self.lines().any(|line| matches!(line, Line::Open))
    }

    /// Returns the listed files that the macro did not record.
    fn unrecorded(&self) -> Vec<PathBuf> {
        let output = self.lines().find_map(|line| match line {
            Line::List { output, .. } => Some(unescape(output)),
            _ => None,
        });
        let (Some(output), Some(list)) = (output, &self.compiled) else { return Vec::new() };
        let known: BTreeSet<PathBuf> = ordered::collect(self.lines().filter_map(|line| self.recorded(line)));
        let counts = |path: &PathBuf| {
            let is_output = !output.is_empty() && path.starts_with(&output);
            !is_output
                && !settings_mark::is_mark(path)
                && !path.file_name().is_some_and(|name| WATCHED.iter().any(|watched| name == *watched))
        };
        let mut unknown: Vec<PathBuf> = listed(list, Path::new(self.code.directory));
        unknown.retain(|path| counts(path) && !known.contains(path));
        if unknown.is_empty() {
            return unknown;
        }
        // The paths may be spelled in two ways.
        let known: BTreeSet<PathBuf> = ordered::collect(known.iter().filter_map(|path| path.canonicalize().ok()));
        unknown.retain(|path| path.canonicalize().ok().is_none_or(|path| !known.contains(&path)));
        unknown
    }

    /// Returns the path of a file that the macro recorded.
    fn recorded(&self, line: Line<'_>) -> Option<PathBuf> {
        match line {
            Line::File { name, .. } | Line::NotCounted(name) => Some(self.path(name)),
            _ => None,
        }
    }

    /// Returns the name of a file for messages and the digest, escaped as the recorded names are.
    fn name(&self, path: &Path) -> String {
        path.strip_prefix(&self.base).unwrap_or(path).display().to_string().escape_default().to_string()
    }
}
