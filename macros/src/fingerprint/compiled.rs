//! The crates that are compiled into the crate at hand: those that the command line names, and all crates below them.

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
    /// The crate's name, as in the name of its file.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) suffix: Option<Suffix>,
    /// Read if it is needed.
    metadata: Option<Metadata>,
    sources: Option<Sources>,
}

/// What the compiler read for a crate.
#[derive(Debug)]
pub(super) struct Sources {
    /// The crate's root first, each as listed (but absolute), and without links.
    pub(super) files: Vec<Source>,
    /// As in [`DepInfo`].
    pub(super) variables: BTreeMap<String, Option<String>>,
}

#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) canonical: PathBuf,
}

/// Every compiled crate below the one at hand.
#[derive(Debug)]
pub(super) struct Libraries {
    all: Vec<Library>,
    /// Indices of those that the command line names, without this project's own.
    direct: Vec<usize>,
    /// The names that these have in the crate at hand.
    names: Vec<(String, usize)>,
    /// Indices of the direct ones and of all below them.
    counted: BTreeSet<usize>,
    by_suffix: BTreeMap<Suffix, usize>,
    buffer: Vec<u8>,
}

/// The library that tests use the cache through. Its version decides nothing about what a build returns; the format of
/// what it stores is part of every key.
const OWN: &str = "cached_smoke";

impl Libraries {
    /// Finds them. `directory` is the compiler's working directory, which relative names of sources are relative to.
    ///
    /// # Errors
    ///
    /// A library cannot be read, as a text for people.
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
        // Not counted, unless the user names a directory in one of them.
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

    /// Adds the crates below one, and returns it and them.
    fn add_below(&mut self, index: usize, available: &BTreeMap<Suffix, PathBuf>) -> Result<BTreeSet<usize>, String> {
        let suffixes = self.metadata(index)?.suffixes.clone();
        let mut below = BTreeSet::from([index]);
        for (suffix, path) in suffixes.iter().filter_map(|suffix| available.get_key_value(suffix)) {
            let known = self.by_suffix.get(suffix).copied();
            below.insert(known.unwrap_or_else(|| self.add(path.clone())));
        }
        Ok(below)
    }

    /// Returns the metadata of a crate, which is read once.
    ///
    /// # Errors
    ///
    /// It cannot be read, as a text for people.
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

    /// The compiler's version, which every crate's metadata begins with.
    pub(super) fn compiler(&self) -> Option<&str> {
        self.all.iter().find_map(|library| library.metadata.as_ref()?.compiler.as_deref())
    }

    pub(super) fn get(&self, index: usize) -> &Library {
        &self.all[index]
    }

    pub(super) fn indices(&self) -> std::ops::Range<usize> {
        0..self.all.len()
    }

    /// The crates that the command line names, without this project's own.
    pub(super) fn direct(&self) -> &[usize] {
        &self.direct
    }

    /// The names by which the crate at hand knows the crates that the command line names.
    pub(super) fn names(&self) -> &[(String, usize)] {
        &self.names
    }

    /// The crates that the command line names and all below them, without those that only this project's own needs.
    pub(super) fn counted(&self) -> &BTreeSet<usize> {
        &self.counted
    }

    /// The crates below one whose metadata was read, without itself.
    pub(super) fn below(&self, index: usize) -> BTreeSet<usize> {
        let suffixes = self.all[index].metadata.iter().flat_map(|metadata| &metadata.suffixes);
        let found = suffixes.filter_map(|suffix| self.by_suffix.get(suffix).copied());
        found.filter(|below| *below != index).collect()
    }
}

impl Library {
    /// What the compiler read for it; nothing if its list is not there.
    pub(super) fn sources(&self) -> Option<&Sources> {
        self.sources.as_ref()
    }

    /// Cargo's records of it.
    pub(super) fn unit(&self) -> Option<Unit> {
        Unit::find(self.path.parent()?, self.suffix.as_ref()?)
    }

    /// The package of a registry or of git that it was compiled from, such as `tantivy-0.27.0`: its files do not change.
    /// Nothing for a package of the workspace, a path dependency, or a vendored one.
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
            // Nobody asks for its other files, which are many.
            return Some(Self { files: vec![root], variables: BTreeMap::new() });
        }
        let info = DepInfo::parse(&text);
        Some(Self { files: info.files.into_iter().map(source).collect(), variables: info.variables })
    }

    pub(super) fn root(&self) -> Option<&Source> {
        self.files.first()
    }

    /// The directory of the crate's root.
    pub(super) fn directory(&self) -> Option<&Path> {
        self.root()?.canonical.parent()
    }
}

/// `registry/src/INDEX/NAME-VERSION/…` and `git/checkouts/NAME-HASH/COMMIT/…`.
fn fetched_package(source: &Path) -> Option<String> {
    let parts: Vec<&str> = source.iter().filter_map(|part| part.to_str()).collect();
    parts.windows(4).find_map(|window| match *window {
        ["registry", "src", _, package] => Some(package.to_owned()),
        ["git", "checkouts", repository, commit] => Some(format!("{repository}/{commit}")),
        _ => None,
    })
}

/// Every library that the compiler may load for a crate below a direct one, by suffix.
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
