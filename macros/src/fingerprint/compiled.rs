//! The dependencies of the current crate: the crates that the command line names, and all crates below them.

use super::command_line::CommandLine;
use super::dep_info::{self, DepInfo};
use super::metadata::{Metadata, Suffix, suffix_of};
use super::unit::Unit;
use crate::message;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A compiled crate.
#[derive(Debug)]
pub(super) struct Library {
    /// The crate's name, from its file name.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) suffix: Option<Suffix>,
    /// Read on demand.
    metadata: Option<Metadata>,
    sources: Option<Sources>,
}

/// The files and variables that the compiler read for a crate.
#[derive(Debug)]
pub(super) struct Sources {
    /// The crate's root comes first.
    pub(super) files: Vec<Source>,
    /// As in [`DepInfo`].
    pub(super) variables: BTreeMap<String, Option<String>>,
}

/// A file that the compiler read.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The path as the compiler lists it, but absolute.
    pub(super) path: PathBuf,
    pub(super) canonical: PathBuf,
}

/// All dependencies of the current crate.
#[derive(Debug)]
pub(super) struct Libraries {
    all: Vec<Library>,
    /// The indices of the crates that the command line names, without [`OWN`].
    direct: Vec<usize>,
    /// The names of these crates in the current crate.
    names: Vec<(String, usize)>,
    /// The indices of the direct dependencies and of all crates below them.
    counted: BTreeSet<usize>,
    by_suffix: BTreeMap<Suffix, usize>,
    buffer: Vec<u8>,
}

/// The library of this project. Its version does not affect the result of a build. The format version of the cache is
/// part of every key.
const OWN: &str = "cached_smoke";

impl Libraries {
    /// Finds the dependencies. `directory` is the compiler's working directory: relative names of sources start there.
    ///
    /// # Errors
    ///
    /// Returns a message if a library cannot be read.
    pub(super) fn find(line: &CommandLine, directory: &Path) -> Result<Self, String> {
        let mut found = Self {
            all: Vec::new(),
            direct: Vec::new(),
            names: Vec::new(),
            counted: BTreeSet::new(),
            by_suffix: BTreeMap::new(),
            buffer: Vec::new(),
        };
        let mut available = available(line);
        let mut own = Vec::new();
        for named in &line.externs {
            let index = found.add(directory.join(&named.path));
            let library = &found.all[index];
            available.extend(library.suffix.map(|suffix| (suffix, library.path.clone())));
            if library.name != OWN {
                found.names.push((named.name.clone(), index));
            }
            let list = if library.name == OWN { &mut own } else { &mut found.direct };
            if !list.contains(&index) {
                list.push(index);
            }
        }
        for index in found.direct.clone() {
            let below = found.add_below(index, &available)?;
            found.counted.extend(below);
        }
        // Its crates count only if the user names a directory in one of them.
        for index in own {
            found.add_below(index, &available)?;
        }
        for library in &mut found.all {
            library.sources = Sources::read(library, directory);
        }
        Ok(found)
    }

    fn add(&mut self, path: PathBuf) -> usize {
        if let Some(index) = self.all.iter().position(|library| library.path == path) {
            return index;
        }
        let suffix = suffix_of(&path);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = if suffix.is_some() { stem.rsplit_once('-').map_or(&*stem, |(name, _)| name) } else { &stem };
        let name = name.strip_prefix("lib").unwrap_or(name).to_owned();
        self.by_suffix.extend(suffix.map(|suffix| (suffix, self.all.len())));
        self.all.push(Library { name, path, suffix, metadata: None, sources: None });
        self.all.len() - 1
    }

    /// Adds the crates below a crate. Returns all of them, that crate included.
    fn add_below(&mut self, index: usize, available: &BTreeMap<Suffix, PathBuf>) -> Result<BTreeSet<usize>, String> {
        let suffixes = self.metadata(index)?.suffixes.clone();
        let mut below = BTreeSet::from([index]);
        for (suffix, path) in suffixes.iter().filter_map(|suffix| available.get_key_value(suffix)) {
            let known = self.by_suffix.get(suffix).copied();
            below.insert(known.unwrap_or_else(|| self.add(path.clone())));
        }
        Ok(below)
    }

    /// Returns the metadata of a crate, and reads it on the first call.
    ///
    /// # Errors
    ///
    /// Returns a message if the metadata cannot be read.
    pub(super) fn metadata(&mut self, index: usize) -> Result<&Metadata, String> {
        if self.all[index].metadata.is_none() {
            let path = &self.all[index].path;
            let read = Metadata::read(path, &mut self.buffer).map_err(|error| message::unreadable(path, &error))?;
            self.all[index].metadata = Some(read);
        }
        match &self.all[index].metadata {
            Some(metadata) => Ok(metadata),
            None => unreachable!("it was just read"),
        }
    }

    /// Returns the compiler's version, with which every crate's metadata begins.
    pub(super) fn compiler(&self) -> Option<&str> {
        self.all.iter().find_map(|library| library.metadata.as_ref()?.compiler.as_deref())
    }

    pub(super) fn get(&self, index: usize) -> &Library {
        &self.all[index]
    }

    pub(super) fn indices(&self) -> std::ops::Range<usize> {
        0..self.all.len()
    }

    /// Returns the crates that the command line names, without [`OWN`].
    pub(super) fn direct(&self) -> &[usize] {
        &self.direct
    }

    /// Returns the names of the direct dependencies in the current crate, which may rename them.
    pub(super) fn names(&self) -> &[(String, usize)] {
        &self.names
    }

    /// Returns the direct dependencies and all crates below them, without the crates that only [`OWN`] depends on.
    pub(super) fn counted(&self) -> &BTreeSet<usize> {
        &self.counted
    }

    /// Returns the crates below a crate whose metadata was read, without that crate.
    pub(super) fn below(&self, index: usize) -> BTreeSet<usize> {
        let suffixes = self.all[index].metadata.iter().flat_map(|metadata| &metadata.suffixes);
        let found = suffixes.filter_map(|suffix| self.by_suffix.get(suffix).copied());
        found.filter(|below| *below != index).collect()
    }
}

impl Library {
    /// Returns the files that the compiler read, or `None` if it left no list.
    pub(super) fn sources(&self) -> Option<&Sources> {
        self.sources.as_ref()
    }

    /// Returns cargo's records of the crate.
    pub(super) fn unit(&self) -> Option<Unit> {
        Unit::find(self.path.parent()?, self.suffix.as_ref()?)
    }

    /// Returns the package of a registry or of git that the crate was compiled from, such as `tantivy-0.27.0`. The
    /// files of such a package do not change.
    ///
    /// Returns `None` for a package of the workspace, a path dependency, or a vendored package.
    pub(super) fn fetched(&self) -> Option<String> {
        fetched_package(&self.sources()?.root()?.canonical)
    }
}

impl Sources {
    fn read(library: &Library, directory: &Path) -> Option<Self> {
        let stem = library.path.file_stem()?.to_str()?;
        let stem = stem.strip_prefix("lib").unwrap_or(stem);
        let text = fs::read_to_string(library.path.with_file_name(format!("{stem}.d"))).ok()?;
        let source = |path: PathBuf| {
            let path = directory.join(path);
            Source { canonical: path.canonicalize().unwrap_or_else(|_| path.clone()), path }
        };
        let root = source(dep_info::root(&text)?);
        if fetched_package(&root.canonical).is_some() {
            // Its other files are many, and no caller needs them.
            return Some(Self { files: vec![root], variables: BTreeMap::new() });
        }
        let info = DepInfo::parse(&text);
        Some(Self { files: info.files.into_iter().map(source).collect(), variables: info.variables })
    }

    /// Returns the crate's root.
    pub(super) fn root(&self) -> Option<&Source> {
        self.files.first()
    }

    /// Returns the directory of the crate's root.
    pub(super) fn directory(&self) -> Option<&Path> {
        self.root()?.canonical.parent()
    }
}

/// Returns the package in `registry/src/INDEX/PACKAGE-VERSION/…` or `git/checkouts/REPOSITORY-HASH/COMMIT/…`.
fn fetched_package(source: &Path) -> Option<String> {
    let parts: Vec<&str> = source.iter().filter_map(|part| part.to_str()).collect();
    parts.windows(4).find_map(|window| match *window {
        ["registry", "src", _, package] => Some(package.to_owned()),
        ["git", "checkouts", repository, commit] => Some(format!("{repository}/{commit}")),
        _ => None,
    })
}

/// Splits the result of [`Library::fetched`]: `tantivy-0.27.0` is the package `tantivy` at `0.27.0`, and
/// `hashing-8a3f/0123abc` is the repository `hashing-8a3f` at `0123abc`.
pub(super) fn split_version(package: &str) -> (&str, &str) {
    let version = |at: &usize| package[at + 1..].starts_with(|first: char| first.is_ascii_digit());
    let at = package.find('/').or_else(|| package.match_indices('-').map(|(at, _)| at).find(version));
    at.map_or((package, ""), |at| (&package[..at], &package[at + 1..]))
}

/// Returns every library that the compiler may load as an indirect dependency, by suffix.
fn available(line: &CommandLine) -> BTreeMap<Suffix, PathBuf> {
    let mut available: BTreeMap<Suffix, PathBuf> = BTreeMap::new();
    for directory in &line.dependencies {
        for path in fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let rank = |path: &Path| match path.extension().and_then(|extension| extension.to_str()) {
                Some("rlib") => Some(0),
                Some("rmeta") => Some(1),
                Some("so" | "dylib" | "dll") => Some(2),
                _ => None,
            };
            if let (Some(new), Some(suffix)) = (rank(&path), suffix_of(&path)) {
                let known = available.get(&suffix).and_then(|known| rank(known));
                if known.is_none_or(|known| new < known) {
                    available.insert(suffix, path);
                }
            }
        }
    }
    available
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names_and_versions_are_split() {
        assert_eq!(split_version("tree-sitter-0.27.1-rc.1"), ("tree-sitter", "0.27.1-rc.1"));
        assert_eq!(split_version("h2-0.4.0"), ("h2", "0.4.0"));
        assert_eq!(split_version("hashing-8a3f/0123abc"), ("hashing-8a3f", "0123abc"));
    }
}
