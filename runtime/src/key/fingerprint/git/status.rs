//! The output of `git status`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::command::unexpected;
use super::names::name_below;
use crate::error::Error;
use crate::ordered;

/// The command whose output [`Status`] reads. It lists ignored paths as well.
pub(super) const STATUS_WITH_IGNORED: &[&str] = &[
    "status",
    "--porcelain=v2",
    "-z",
    "--branch",
    "--no-ahead-behind",
    "--no-renames",
    "--untracked-files=all",
    "--ignore-submodules=none",
    "--ignored=matching",
];
/// The same command, without ignored paths.
pub(super) const STATUS: &[&str] = match STATUS_WITH_IGNORED {
    [options @ .., _ignored] => options,
    [] => &[],
};

/// Files that git reads in any directory of the work tree, even if they are ignored.
const RULES: &[&str] = &[".gitignore", ".gitattributes"];

/// Returns the number of fields before the path in a line of porcelain version 2, by the line's first letter
/// (git-status(1), "Porcelain Format Version 2").
fn fields_before_path(kind: u8) -> Option<usize> {
    match kind {
        b'1' => Some(8),
        b'u' => Some(10),
        b'?' => Some(1),
        _ => None,
    }
}

/// The commit, and the paths that `git status` lists.
pub(super) struct Status<'a> {
    /// The commit in full, or `unborn`.
    pub(super) commit: String,
    /// The lines about paths that differ, each with its path.
    pub(super) differing: Vec<(&'a [u8], &'a OsStr)>,
    /// The paths that differ.
    pub(super) names: BTreeSet<&'a OsStr>,
    /// The paths that match a pattern of ignored files. Only by [`STATUS_WITH_IGNORED`].
    ignored: Vec<&'a OsStr>,
}

impl<'a> Status<'a> {
    /// Reads the output of [`STATUS`] or [`STATUS_WITH_IGNORED`].
    pub(super) fn of(printed: &'a [u8], root: &Path) -> Result<Status<'a>, Error> {
        let mut status =
            Status { commit: "unborn".to_owned(), differing: Vec::new(), names: BTreeSet::new(), ignored: Vec::new() };
        for line in printed.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
            if let Some(oid) = line.strip_prefix(b"# branch.oid ") {
                if oid != b"(initial)" {
                    status.commit = String::from_utf8_lossy(oid).into_owned();
                }
            } else if let Some(name) = line.strip_prefix(b"! ") {
                status.ignored.push(name_below(root, name)?);
            } else if line[0] != b'#' {
                let unexpected = || unexpected(root, STATUS, line);
                let before = fields_before_path(line[0]).ok_or_else(unexpected)?;
                let name = line.splitn(before + 1, |byte| *byte == b' ').nth(before).ok_or_else(unexpected)?;
                let name = name_below(root, name)?;
                status.differing.push((line, name));
                status.names.insert(name);
            }
        }
        Ok(status)
    }

    /// Returns the paths that match a pattern themselves, without files of rules. A directory with ignored files only
    /// is not one: other files may be created in it.
    pub(super) fn ignored_paths(&self) -> BTreeSet<PathBuf> {
        let is_rules = |path: &PathBuf| path.file_name().is_some_and(|name| RULES.iter().any(|rules| name == *rules));
        ordered::collect(self.ignored.iter().map(PathBuf::from).filter(|path| !is_rules(path)))
    }
}
