//! The line that declares a finding.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use super::covered::is_history;
use super::{Finding, Kind, Machine, is_on_search_path};
use crate::audit::cover::Cover;
use crate::audit::trace::{Action, Use};
use crate::text;

/// The help for something that no declaration covers.
const NETWORK: &str = "save the data in a file and declare that, or raise `FORMAT` when the data changes";
const HISTORY: &str = "read the files or `Repo::revision`; the key does not cover history, branches and tags";
const OTHER_ENTRY: &str = "declare the artifact with `key.needs::<…>()`, and request it from the context";
const BROAD: &str = "read a smaller directory, and declare that";
const NO_PROGRAM: &str = "start a program that is installed, and declare it";

/// Makes findings of uses.
pub(super) struct Suggestion<'a> {
    pub(super) cover: &'a Cover,
    pub(super) machine: &'a dyn Machine,
}

impl Suggestion<'_> {
    pub(super) fn finding(&self, kind: Kind, path: &Path, used: &Use) -> Finding {
        let (line, help) = match self.line(kind, path, used) {
            Ok(line) => (Some(line), None),
            Err(help) => (None, Some(help.to_owned())),
        };
        Finding {
            kind,
            subject: text::plain(&path.to_string_lossy()),
            program: used.program.as_ref().map(|program| text::plain(&program.to_string_lossy())),
            line,
            help,
            is_denied: used.is_denied,
            count: 1,
        }
    }

    /// Returns the line that declares the use, or the help if no line does.
    fn line(&self, kind: Kind, path: &Path, used: &Use) -> Result<String, &'static str> {
        let is_history = self.cover.repository.as_ref().is_some_and(|repository| is_history(repository, path));
        let declared = |method: &str, path: &Path| format!("key.{method}({})", literal(self.declared_path(path)));
        match kind {
            Kind::Connected => Err(NETWORK),
            Kind::Missing if used.action == Action::MissProgram => Err(NO_PROGRAM),
            _ if is_history => Err(HISTORY),
            _ if path.starts_with(&self.cover.cache) => Err(OTHER_ENTRY),
            Kind::Executed => Ok(self.program(path)),
            Kind::Missing => Ok(declared("optional_file", path)),
            _ if self.is_broad(path) => Err(BROAD),
            Kind::Listed => Ok(declared("directory", path)),
            Kind::Found if used.action == Action::FindDirectory => Ok(declared("directory", path)),
            Kind::Found | Kind::Read => Ok(declared("file", path)),
        }
    }

    /// Returns the line for a program: by its version if it is installed, and else by its content.
    ///
    /// Only an installed program changes its version with its content. A script of the project may have none.
    fn program(&self, path: &Path) -> String {
        let Cover { package, project, .. } = self.cover;
        let is_installed =
            is_on_search_path(self.cover, path) && !path.starts_with(project) && !path.starts_with(package);
        match path.file_name() {
            Some(name) if is_installed && self.machine.has_version(path) => format!("key.tool({})", literal(name)),
            _ => format!("key.file({})", literal(self.declared_path(path))),
        }
    }

    /// Returns `true` for a directory that is too large to declare.
    pub(super) fn is_broad(&self, path: &Path) -> bool {
        let Cover { package, project, home, cache, repository, .. } = self.cover;
        let temporary = PathBuf::from("/tmp");
        let mut large = [package, project, &temporary].into_iter().chain(home).chain(repository);
        // No line declares files of the cache.
        path.starts_with(cache) || cache.starts_with(path) || large.any(|large| large.starts_with(path))
    }

    /// Returns the path to declare: relative to the package for a file of the project, so that checkouts share entries.
    fn declared_path(&self, path: &Path) -> PathBuf {
        let Cover { package, project, .. } = self.cover;
        if !path.starts_with(project) && !path.starts_with(package) {
            return path.to_owned();
        }
        let shared = package.components().zip(path.components()).take_while(|(left, right)| left == right).count();
        let up = package.components().skip(shared).map(|_| Component::ParentDir);
        up.chain(path.components().skip(shared)).collect()
    }
}

/// Returns a name as Rust source: a string, or the bytes of one that is not UTF-8.
fn literal(name: impl AsRef<OsStr>) -> String {
    let name = name.as_ref();
    match name.to_str() {
        Some(text) => format!("{text:?}"),
        None => format!("OsStr::from_bytes(b\"{}\")", name.as_encoded_bytes().escape_ascii()),
    }
}
