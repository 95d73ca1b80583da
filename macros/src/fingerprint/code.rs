//! From the named directories and files, and the command line of the compiler, to the parts of a fingerprint.
//!
//! Each library below the crate at hand counts in one of three ways:
//!
//! - *As it was compiled*, by its metadata: if the user named the directory of its root or one above, or if the command line
//!   names it. That covers all that it contains and all crates below it.
//! - *By some of its sources*, if the user named a file or directory inside of it: the named sources, all that decides how
//!   they compile, and the crates below it as they were compiled.
//! - *By its sources*, if the user wrote `portable`: the metadata of a crate depends on where it is compiled.
//!
//! All other named files are [`loose`](super::loose).

use super::command_line::CommandLine;
use super::compiled::{Libraries, Library, Source, Sources};
use super::digest;
use super::files::{self, Extent, Ignored};
use super::flags::Flags;
use super::locked;
use super::lockfile::Lockfile;
use super::loose::{self, Loose};
use super::manifest::{self, Manifest};
use super::mentions::Mentions;
use super::named::Named;
use super::objects;
use super::part::{Kind, Parts};
use super::unit::{Decisions, Unit};
use crate::message;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Where and how the crate at hand is compiled.
pub(super) struct Surroundings<'a> {
    pub(super) manifest_dir: &'a Path,
    /// The root of the workspace.
    pub(super) root: &'a Path,
    /// The compiler's working directory.
    pub(super) directory: &'a Path,
    /// The output of the package's build script.
    pub(super) out_dir: Option<&'a Path>,
    pub(super) line: CommandLine,
}

/// All that the macro expands to.
#[derive(Debug, Default)]
pub(super) struct Code {
    pub(super) parts: Parts,
    pub(super) loose: Loose,
    /// Files that the compiler is to watch, because nothing else does.
    pub(super) tracked: BTreeSet<PathBuf>,
    /// A source that may have changed since the compiler read it.
    pub(super) suspect: Option<String>,
    /// The reason why the code is known by its sources alone, if it should be known as it was compiled.
    pub(super) fallback: Option<String>,
}

/// Returns the fingerprint of the named code by what was compiled.
///
/// # Errors
///
/// See [`Failure`].
pub(super) fn compiled(named: &[Named], around: &Surroundings<'_>, portable: bool) -> Result<Code, Failure> {
    let libraries = Libraries::find(&around.line, around.directory).map_err(Failure::Unreadable)?;
    let Some(compiler) = libraries.compiler().map(str::to_owned) else {
        return Err(Failure::Unreadable("no library says which compiler it is of".to_owned()));
    };
    let mut code = Code::default();
    code.parts.add(Kind::Compiler, "", compiler);
    let mut builder = Builder { named, around, portable, libraries, code };
    builder.add_flags().map_err(Failure::Mistake)?;
    builder.add_libraries()?;
    builder.add_own().map_err(Failure::Mistake)?;
    Ok(builder.code)
}

/// A fingerprint that could not be made.
#[derive(Debug)]
pub(super) enum Failure {
    /// What was compiled cannot be read; the sources may.
    Unreadable(String),
    /// A mistake of the user, or a file that cannot be read.
    Mistake(String),
}

struct Builder<'a> {
    named: &'a [Named],
    around: &'a Surroundings<'a>,
    portable: bool,
    libraries: Libraries,
    code: Code,
}

/// How much of a library the user named.
enum NamedExtent {
    Nothing,
    Part,
    Whole,
}

impl Builder<'_> {
    fn add_flags(&mut self) -> Result<(), String> {
        let flags = Flags::of(&self.around.line)?;
        let parts = &mut self.code.parts;
        parts.add(Kind::Target, "", flags.target);
        for feature in flags.features {
            parts.add(Kind::Feature, feature, "on");
        }
        for cfg in flags.cfgs {
            parts.add(Kind::Flag, format!("cfg {cfg}"), "on");
        }
        if !self.portable {
            for (name, value) in flags.behaviour {
                parts.add(Kind::Flag, name, value);
            }
        }
        Ok(())
    }

    /// Adds which library each name of a dependency means: two may swap their names.
    fn add_names(&mut self) -> Result<(), String> {
        for (name, index) in self.libraries.names().to_vec() {
            let library = self.libraries.get(index);
            let value = if self.portable {
                let package = library.sources().and_then(|sources| package_directory(sources.directory()?));
                let place = package.map(|package| self.name_of(package));
                library.fetched().or(place).unwrap_or_default()
            } else if library.name == name {
                continue;
            } else {
                self.libraries.metadata(index)?.digest.clone()
            };
            self.code.parts.add(Kind::Flag, format!("extern {name}"), value);
        }
        Ok(())
    }

    fn add_libraries(&mut self) -> Result<(), Failure> {
        self.add_names().map_err(Failure::Unreadable)?;
        let mut whole: BTreeSet<usize> = self.libraries.direct().iter().copied().collect();
        let mut in_part = Vec::new();
        for index in self.libraries.indices() {
            match self.extent(index) {
                NamedExtent::Nothing => {}
                NamedExtent::Whole => drop(whole.insert(index)),
                NamedExtent::Part => {
                    whole.remove(&index);
                    in_part.push(index);
                }
            }
        }
        if self.portable {
            return self.add_by_sources(&whole, &in_part).map_err(Failure::Mistake);
        }
        self.add_as_compiled(whole, &in_part).map_err(Failure::Unreadable)
    }

    /// How much of a library the user named.
    fn extent(&self, index: usize) -> NamedExtent {
        let Some(sources) = self.libraries.get(index).sources() else { return NamedExtent::Nothing };
        let directory = sources.directory();
        if directory.is_some_and(|directory| self.named.iter().any(|named| named.covers(directory))) {
            NamedExtent::Whole
        } else if sources.files.iter().any(|source| self.is_named(source)) {
            NamedExtent::Part
        } else {
            NamedExtent::Nothing
        }
    }

    fn is_named(&self, source: &Source) -> bool {
        self.named.iter().any(|named| named.covers(&source.canonical))
    }

    fn add_as_compiled(&mut self, mut whole: BTreeSet<usize>, in_part: &[usize]) -> Result<(), String> {
        let mut below = BTreeSet::new();
        let mut by_sources = BTreeSet::new();
        for &index in in_part {
            self.libraries.metadata(index)?;
            match self.named_sources(index) {
                Some(parts) => {
                    self.code.parts.extend(parts);
                    below.extend(self.libraries.below(index));
                    by_sources.insert(index);
                }
                // By its metadata, which is right whatever happened to its sources since.
                None => drop(whole.insert(index)),
            }
        }
        let mut covered = by_sources.clone();
        for &index in &whole {
            self.add_metadata(index)?;
            covered.insert(index);
            covered.extend(self.libraries.below(index));
        }
        for &index in below.difference(&covered) {
            self.add_metadata(index)?;
        }
        self.tell_about_crates_below(&by_sources)?;
        let counted: BTreeSet<usize> = self.libraries.counted().union(&covered).copied().collect();
        for (name, digest) in objects::of(&self.libraries, &counted, &self.around.line, self.around.root)? {
            self.code.parts.add(Kind::Objects, name, digest);
        }
        for &index in &counted {
            self.add_generated(index)?;
        }
        Ok(())
    }

    fn add_metadata(&mut self, index: usize) -> Result<(), String> {
        let digest = self.libraries.metadata(index)?.digest.clone();
        let name = self.libraries.get(index).name.clone();
        // Two versions of one crate have one name.
        let name = if self.code.parts.has(Kind::Crate, &name) { format!("{name} {}", &digest[..8]) } else { name };
        self.code.parts.add(Kind::Crate, name, digest);
        Ok(())
    }

    /// Lets messages name a crate of the workspace, or the version of a package, that changed below another crate.
    fn tell_about_crates_below(&mut self, by_sources: &BTreeSet<usize>) -> Result<(), String> {
        let counted: Vec<usize> = self.libraries.counted().difference(by_sources).copied().collect();
        for index in counted {
            let library = self.libraries.get(index);
            let name = library.name.clone();
            match library.fetched() {
                Some(package) => {
                    let (name, version) = split_version(&package);
                    self.code.parts.tell(Kind::Package, name, version);
                }
                None if self.code.parts.has(Kind::Crate, &name) => {}
                None if library.sources().is_some() => {
                    let digest = self.libraries.metadata(index)?.digest.clone();
                    self.code.parts.tell(Kind::Crate, name, digest);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// The named sources of a library and all that decides how they compile. Nothing if one of them may have changed since
    /// it was compiled, or if it is not known how it was compiled.
    fn named_sources(&self, index: usize) -> Option<Parts> {
        let library = self.libraries.get(index);
        let sources = library.sources()?;
        let unit = library.unit()?;
        let started = unit.started()?;
        let mut parts = self.decisions(library, &unit, sources)?;
        let mentioned = self.mentioned_by_named(sources);
        let counts = |source: &&Source| self.may_shape_named(source, sources) || mentioned.contains(&source.canonical);
        for source in sources.files.iter().filter(counts) {
            if loose::is_newer(&fs::metadata(&source.path).ok()?, started) {
                return None;
            }
            parts.add(Kind::File, self.name_of(&source.path), digest::of_file(&source.path).ok()?);
        }
        for (name, value) in sources.variables.iter().filter(|(name, _)| *name != OUT_DIR) {
            parts.add(Kind::Variable, self.variable_of(library, name), variable(value.as_deref()));
        }
        Some(parts)
    }

    /// Tells whether a source of a library counts if only some are named: a named one; an embedded file, whichever module
    /// embeds it; and a source outside of the directory of the crate's root, which no other name would cover. Files that
    /// a build script wrote count with its output.
    fn may_shape_named(&self, source: &Source, sources: &Sources) -> bool {
        let is_rust = source.canonical.extension().is_some_and(|extension| extension == "rs");
        let is_other_module =
            is_rust && sources.directory().is_some_and(|directory| source.canonical.starts_with(directory));
        self.is_named(source) || !is_other_module && !is_output(source, sources)
    }

    /// The files that the named sources of a library mention, and so on: a module that is included from beside counts as well.
    fn mentioned_by_named(&self, sources: &Sources) -> BTreeSet<PathBuf> {
        let mut mentioned = BTreeSet::new();
        let mut pending: Vec<PathBuf> = sources
            .files
            .iter()
            .filter(|source| self.is_named(source))
            .map(|source| source.canonical.clone())
            .collect();
        while let Some(source) = pending.pop() {
            let (Ok(text), Some(base)) = (fs::read_to_string(&source), source.parent()) else { continue };
            let files = Mentions::of(&text).files;
            let found = files.iter().filter_map(|file| base.join(file).canonicalize().ok());
            pending.extend(found.filter(|file| mentioned.insert(file.clone())));
        }
        mentioned
    }

    /// Features, configuration, edition and profile of a library. Those of the package at hand are on the command line.
    fn decisions(&self, library: &Library, unit: &Unit, sources: &Sources) -> Option<Parts> {
        let mut parts = Parts::default();
        if self.is_own(sources) {
            return Some(parts);
        }
        let Decisions { features, cfgs } = unit.decisions()?;
        for feature in features {
            parts.add(Kind::Feature, format!("{}/{feature}", library.name), "on");
        }
        for cfg in cfgs {
            parts.add(Kind::Flag, format!("cfg {cfg} of {}", library.name), "on");
        }
        let owner = Manifest::read(package_directory(sources.directory()?)?).ok()??;
        parts.add(Kind::Flag, format!("edition of {}", library.name), owner.edition()?);
        for (name, package) in owner.renamed() {
            parts.add(Kind::Flag, format!("extern {name} of {}", library.name), package);
        }
        let profiles = manifest::profiles(self.around.root).ok()?;
        parts.add(Kind::Flag, format!("profile of {}", library.name), profiles);
        Some(parts)
    }

    /// Tells whether a library is of the package at hand.
    fn is_own(&self, sources: &Sources) -> bool {
        let package = sources.directory().and_then(package_directory);
        package.is_some_and(|package| self.around.manifest_dir.canonicalize().is_ok_and(|own| own == package))
    }

    /// Adds what the build script of a library's package wrote, if the library looks there: sources to include, or data that
    /// it finds by `env!("OUT_DIR")`. Its objects count by themselves.
    fn add_generated(&mut self, index: usize) -> Result<(), String> {
        let library = self.libraries.get(index);
        if library.fetched().is_some() {
            return Ok(());
        }
        let output = library.sources().and_then(|sources| sources.variables.get(OUT_DIR)?.clone());
        let name = library.name.clone();
        match output {
            Some(output) => self.add_output(&name, Path::new(&output)),
            None => Ok(()),
        }
    }

    fn add_output(&mut self, of: &str, directory: &Path) -> Result<(), String> {
        if !directory.is_dir() {
            return Ok(());
        }
        let package = objects::package(directory).map(|package| package.replace('-', "_"));
        let of = package.as_deref().unwrap_or(of);
        for file in files::collect(directory, Extent::Everything)?.files {
            let is_object = [".a", ".d", ".lib", ".o", ".obj"].iter().any(|end| file.name.ends_with(end));
            if !is_object {
                self.code.parts.add(Kind::Generated, format!("{of}/{}", file.name), files::digest(&file.path)?);
            }
        }
        Ok(())
    }

    /// Adds each library by its sources: those that lie in its package, and those that the compiler read elsewhere.
    fn add_by_sources(&mut self, whole: &BTreeSet<usize>, in_part: &[usize]) -> Result<(), String> {
        let lock = Lockfile::find(self.around.manifest_dir)?;
        let counted: BTreeSet<usize> =
            self.libraries.counted().union(whole).copied().chain(in_part.iter().copied()).collect();
        for index in counted {
            let library = self.libraries.get(index);
            let unit = library.unit();
            let Decisions { features, cfgs } = unit.as_ref().and_then(Unit::decisions).unwrap_or_default();
            let name = library.name.clone();
            if let Some(package) = library.fetched() {
                let (package, version) = split_version(&package);
                let checksum = lock.as_ref().and_then(|lock| lock.checksum(package, version)).unwrap_or_default();
                self.code.parts.add(Kind::Package, format!("{package} {version}"), format!("{version} {checksum}"));
            } else {
                self.add_package(index, in_part.contains(&index), unit.as_ref())?;
                self.add_generated(index)?;
            }
            for feature in features {
                self.code.parts.add(Kind::Feature, format!("{name}/{feature}"), "on");
            }
            for cfg in cfgs {
                self.code.parts.add(Kind::Flag, format!("cfg {cfg} of {name}"), "on");
            }
        }
        Ok(())
    }

    fn add_package(&mut self, index: usize, is_in_part: bool, unit: Option<&Unit>) -> Result<(), String> {
        let library = self.libraries.get(index);
        let Some(sources) = library.sources() else {
            return Err(message::no_sources(&library.name));
        };
        let owner = sources.directory().and_then(package_directory);
        let name = library.name.clone();
        let mut found: BTreeMap<PathBuf, String> = BTreeMap::new();
        if let Some(owner) = owner.filter(|_| !is_in_part) {
            let ignored = Ignored::below(owner);
            let tree = files::collect(owner, Extent::Library)?;
            for file in tree.files.into_iter().filter(|file| !ignored.covers(&file.name)) {
                found.insert(file.path.clone(), format!("{name}/{}", file.name));
                // Nothing else tells cargo of those that are not compiled.
                self.code.tracked.insert(file.path);
            }
        }
        let started = unit.and_then(Unit::started);
        for source in &sources.files {
            let counts = !is_in_part && !is_output(source, sources) || self.may_shape_named(source, sources);
            if !counts {
                continue;
            }
            let read = fs::metadata(&source.path).map_err(|error| message::unreadable(&source.path, &error))?;
            if loose::is_suspect(&read, started) {
                self.code.suspect.get_or_insert_with(|| source.path.display().to_string());
            }
            let base = owner.unwrap_or(Path::new(""));
            found
                .entry(source.canonical.clone())
                .or_insert_with(|| format!("{name}/{}", relative(&source.canonical, base)));
        }
        let variables: Vec<_> = sources.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        for (variable, value) in variables {
            let value = value.as_deref();
            if !self.is_place(&variable, value) {
                let variable = self.variable_of(self.libraries.get(index), &variable);
                self.code.parts.add(Kind::Variable, variable, self::variable(value));
            }
        }
        for (path, name) in found {
            self.code.parts.add(Kind::File, name, files::digest(&path)?);
        }
        Ok(())
    }

    /// Tells whether a variable's value only says where something lies.
    fn is_place(&self, name: &str, value: Option<&str>) -> bool {
        [OUT_DIR, "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_TARGET_TMPDIR"].contains(&name)
            || name.starts_with("CARGO_BIN_EXE_")
            || value.is_some_and(|value| Path::new(value).starts_with(self.around.root))
    }

    /// Adds the crate at hand: the named files that no library is compiled from, the variables that they mention, and what its
    /// package's build script wrote.
    fn add_own(&mut self) -> Result<(), String> {
        let indices = self.libraries.indices();
        let sources =
            indices.filter_map(|index| self.libraries.get(index).sources()).flat_map(|sources| &sources.files);
        let compiled: BTreeSet<PathBuf> = sources.map(|source| source.canonical.clone()).collect();
        let started = self.around.line.unit().and_then(|unit| unit.started());
        let input = self.around.line.input.as_ref().map(|input| self.around.directory.join(input));
        let context = loose::Context {
            manifest_dir: self.around.manifest_dir,
            compiled: &compiled,
            started,
            input: input.as_deref(),
        };
        self.named.iter().try_for_each(|named| self.code.loose.add(named, &context))?;
        for name in self.code.loose.variables.clone() {
            let value = std::env::var_os(&name).map(|value| value.to_string_lossy().into_owned());
            let is_place = name == OUT_DIR || self.portable && self.is_place(&name, value.as_deref());
            if !is_place {
                self.code.parts.add(Kind::Variable, name, variable(value.as_deref()));
            }
        }
        if let Some(output) = self.around.out_dir {
            let name = std::env::var("CARGO_PKG_NAME").unwrap_or_default().replace('-', "_");
            self.add_output(&name, output)?;
        }
        self.add_uncompiled_packages(&compiled)
    }

    /// Adds the packages that the user named and no library is compiled from, such as that of a program that a build runs: by
    /// sources and lock file.
    fn add_uncompiled_packages(&mut self, compiled: &BTreeSet<PathBuf>) -> Result<(), String> {
        let own = self.around.manifest_dir.canonicalize().ok();
        let mut owners = Vec::new();
        for named in self.named.iter().filter(|named| !compiled.iter().any(|source| named.covers(source))) {
            if let Some(owner) = locked::owner(named, self.around.root)?
                // What the package at hand is compiled with is on the command line.
                && Some(&owner.directory) != own.as_ref()
            {
                owners.push(owner);
            }
        }
        if owners.is_empty() {
            return Ok(());
        }
        locked::add(&mut self.code, self.named, self.around.manifest_dir, self.around.root, owners)
    }

    fn variable_of(&self, library: &Library, name: &str) -> String {
        let is_own = library.sources().is_some_and(|sources| self.is_own(sources));
        if is_own { name.to_owned() } else { format!("{name} of {}", library.name) }
    }

    /// A file's name for messages and the digest, relative to the package at hand.
    fn name_of(&self, path: &Path) -> String {
        relative(path, self.around.manifest_dir)
    }
}

/// Returns the fingerprint of the named code by sources and lock file, because `reason` keeps what was compiled from being read.
///
/// # Errors
///
/// A file cannot be read, as a text for people.
pub(super) fn by_sources_alone(
    named: &[Named],
    manifest_dir: &Path,
    root: &Path,
    reason: String,
) -> Result<Code, String> {
    let mut code = Code { fallback: Some(reason), ..Code::default() };
    let compiled = BTreeSet::new();
    let context = loose::Context { manifest_dir, compiled: &compiled, started: None, input: None };
    let mut owners: Vec<Manifest> = Manifest::read(manifest_dir)?.into_iter().collect();
    for named in named {
        code.loose.add(named, &context)?;
        owners.extend(locked::owner(named, root)?);
    }
    for owner in &mut owners {
        owner.directory = owner.directory.canonicalize().unwrap_or_else(|_| owner.directory.clone());
    }
    let target = Flags::of(&CommandLine::default())?.target;
    code.parts.add(Kind::Target, "", target);
    locked::add(&mut code, named, manifest_dir, root, owners)?;
    Ok(code)
}

/// The directory of the package that a source in `directory` belongs to.
fn package_directory(directory: &Path) -> Option<&Path> {
    directory.ancestors().find(|above| above.join("Cargo.toml").is_file())
}

/// The variable that holds the directory of a build script's output.
const OUT_DIR: &str = "OUT_DIR";

fn is_output(source: &Source, sources: &Sources) -> bool {
    let output = sources.variables.get(OUT_DIR).and_then(Option::as_deref);
    output.is_some_and(|output| source.path.starts_with(output))
}

fn variable(value: Option<&str>) -> String {
    value.map_or_else(|| "unset".to_owned(), |value| format!("={value}"))
}

/// `tantivy-0.27.0` is the package `tantivy` at `0.27.0`; `hashing-8a3f/0123abc` the repository `hashing-8a3f` at `0123abc`.
fn split_version(package: &str) -> (&str, &str) {
    let version = |at: &usize| package[at + 1..].starts_with(|first: char| first.is_ascii_digit());
    let at = package.find('/').or_else(|| package.match_indices('-').map(|(at, _)| at).find(version));
    at.map_or((package, ""), |at| (&package[..at], &package[at + 1..]))
}

/// The path from `base` to `path`, with `/` on every system; both without links, or spelled alike.
pub(super) fn relative(path: &Path, base: &Path) -> String {
    let common = path.iter().zip(base.iter()).take_while(|(a, b)| a == b).count();
    let up = base.iter().skip(common).map(|_| "..");
    let down = path.iter().skip(common).map(|part| part.to_string_lossy());
    up.map(std::borrow::Cow::from).chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_leads_from_one_to_the_other() {
        assert_eq!(relative(Path::new("/a/b/c.rs"), Path::new("/a/b")), "c.rs");
        assert_eq!(relative(Path::new("/a/x/c.rs"), Path::new("/a/b")), "../x/c.rs");
    }

    #[test]
    fn names_and_versions_are_told_apart() {
        assert_eq!(split_version("tree-sitter-0.27.1-rc.1"), ("tree-sitter", "0.27.1-rc.1"));
        assert_eq!(split_version("h2-0.4.0"), ("h2", "0.4.0"));
        assert_eq!(split_version("hashing-8a3f/0123abc"), ("hashing-8a3f", "0123abc"));
    }
}
