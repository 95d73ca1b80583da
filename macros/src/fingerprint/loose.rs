//! The named files that are not compiled into a library below the crate at hand: its own sources, and data.
//!
//! Which of them the crate at hand is compiled from is not known before it is compiled. So size, time of modification and
//! digest of each are recorded, and the test compares them with what is there when it runs: cargo does not see that a file
//! is replaced by an older one, and does not watch data that is read at run time.

use super::files::{self, Extent, Ignored, Tree};
use super::mentions::{self, Mentions, is_rust};
use super::named::Named;
use super::part::{Kind, Parts};
use crate::message;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file as it is recorded.
#[derive(Debug)]
struct File {
    size: u64,
    /// Nanoseconds since 1970.
    modified: u128,
    /// The time of the last change of any kind, which cannot be set at will.
    changed: u128,
    digest: String,
    /// It may have changed after the compiler read it.
    is_suspect: bool,
}

/// A directory as it is recorded.
#[derive(Debug)]
struct Directory {
    /// Nanoseconds since 1970.
    modified: u128,
    /// Names of entries that do not count.
    skipped: BTreeSet<String>,
}

/// All that is recorded, by names relative to the package.
#[derive(Debug, Default)]
pub(super) struct Loose {
    files: BTreeMap<String, File>,
    directories: BTreeMap<String, Directory>,
    /// The file at hand is one that a source mentions.
    is_mentioned: bool,
    /// The variables that the recorded sources mention.
    pub(super) variables: BTreeSet<String>,
}

/// The circumstances of the compilation.
pub(super) struct Context<'a> {
    pub(super) manifest_dir: &'a Path,
    /// The sources of the libraries below, without links.
    pub(super) compiled: &'a BTreeSet<PathBuf>,
    /// The moment before the compiler was started for the crate at hand, from cargo's records.
    pub(super) started: Option<SystemTime>,
    /// The root of the crate at hand.
    pub(super) input: Option<&'a Path>,
}

/// A larger file that is included is data.
const MOST_SOURCE: u64 = 1 << 20;

/// Without cargo's record, a file that changed so recently may have changed since the compiler read it.
const RECENT: Duration = Duration::from_hours(1);

impl Loose {
    /// Records a named file, or the files below a named directory, as far as no library is compiled from them.
    ///
    /// # Errors
    ///
    /// A file or directory cannot be read, as a text for people.
    pub(super) fn add(&mut self, named: &Named, context: &Context<'_>) -> Result<(), String> {
        if named.canonical.is_file() {
            if !context.compiled.contains(&named.canonical) {
                self.add_file(clean(&named.name), &named.path, context)?;
            }
            return Ok(());
        }
        let tree = files::collect(&named.path, Extent::Everything)?;
        // The crate at hand may be compiled with a module that a library is compiled without: its own unit tests, or one that it
        // shares by `#[path]`.
        let is_own = context.input.is_some_and(|input| input.canonicalize().is_ok_and(|input| named.covers(&input)));
        let shared = shared_by_path(context);
        let mut modules = if is_own { BTreeSet::new() } else { left_out_modules(&tree, context.compiled) };
        modules.retain(|name| {
            let path = tree.files.iter().find(|file| file.name == *name).and_then(|file| file.path.canonicalize().ok());
            path.is_none_or(|path| !shared.contains(&path))
        });
        // A file that a library embeds may be read at run time as well.
        let is_source = |file: &files::File| is_rust(&file.name) && is_compiled(&file.path, context);
        let is_candidate = |file: &&files::File| !is_source(file) && !modules.contains(&*file.name);
        let candidates: Vec<&files::File> = tree.files.iter().filter(is_candidate).collect();
        let all_are_sources = candidates.iter().all(|file| is_rust(&file.name));
        let ignored = if all_are_sources { Ignored::default() } else { Ignored::below(&named.canonical) };
        // A generated source may be ignored by git and compiled all the same.
        let counts = |file: &&&files::File| is_rust(&file.name) || !ignored.covers(&file.name);
        let counted: BTreeSet<&str> = candidates.iter().filter(counts).map(|file| file.name.as_str()).collect();
        for file in candidates.iter().filter(counts) {
            self.add_file(join(&named.name, &file.name), &file.path, context)?;
        }
        for listed in tree.directories.iter().filter(|listed| !ignored.covers(&listed.name)) {
            let mut skipped: BTreeSet<String> = listed.skipped.iter().cloned().collect();
            let not_counted = tree.files.iter().map(|file| &*file.name).filter(|name| !counted.contains(name));
            skipped.extend(not_counted.filter_map(|name| entry_of(&listed.name, name)));
            skipped.extend(ignored.names().filter_map(|name| entry_of(&listed.name, name)));
            let found = metadata(&listed.path)?;
            self.directories.insert(join(&named.name, &listed.name), Directory { modified: modified(&found), skipped });
        }
        Ok(())
    }

    fn add_file(&mut self, name: String, path: &Path, context: &Context<'_>) -> Result<(), String> {
        if self.files.contains_key(&name) {
            return Ok(());
        }
        // Before the content, so that a change in between is seen when the test runs.
        let found = metadata(path)?;
        let file = File {
            size: found.len(),
            modified: modified(&found),
            changed: nanoseconds(changed(&found)),
            digest: files::digest(path)?,
            is_suspect: is_suspect(&found, context.started),
        };
        self.files.insert(name.clone(), file);
        // What `include!` names is source as well, whatever it is called.
        if (is_rust(&name) || self.is_mentioned && found.len() <= MOST_SOURCE)
            && let Ok(source) = fs::read_to_string(path)
        {
            self.add_mentions(&name, path, &Mentions::of(&source), context)?;
        }
        Ok(())
    }

    /// Records the files that a source mentions, wherever they lie.
    fn add_mentions(
        &mut self,
        source: &str,
        path: &Path,
        mentions: &Mentions,
        context: &Context<'_>,
    ) -> Result<(), String> {
        self.variables.extend(mentions.variables.iter().cloned());
        let base = source.rsplit_once('/').map_or("", |(base, _)| base);
        let beside = mentions.files.iter().filter_map(|file| {
            let at = path.parent()?.join(file);
            // Relative to the package where it can be: the place of the checkout does not count.
            Some((if Path::new(file).is_absolute() { file.clone() } else { join(base, file) }, at))
        });
        let of_package = mentions.files_of_package.iter().map(|file| (clean(file), context.manifest_dir.join(file)));
        for (name, path) in beside.chain(of_package).collect::<Vec<_>>() {
            if path.is_file() && !is_compiled(&path, context) {
                let before = std::mem::replace(&mut self.is_mentioned, true);
                self.add_file(name, &path, context)?;
                self.is_mentioned = before;
            }
        }
        Ok(())
    }

    /// Writes the records for the runtime, a line each, its fields separated by tabs and the name last: `F`, or `S` for a
    /// suspect, with size, times of modification and of any change, and digest; `D` with the time of modification; and for each entry of the directory before it that does not
    /// count `-`. Names are escaped as by [`str::escape_default`]: they may hold anything.
    pub(super) fn lines(&self) -> String {
        let mut lines = String::new();
        for (name, file) in &self.files {
            let kind = if file.is_suspect { 'S' } else { 'F' };
            let File { size, modified, changed, digest, .. } = file;
            // Writing to a string does not fail.
            let _ = writeln!(lines, "{kind}\t{size}\t{modified}\t{changed}\t{digest}\t{}", name.escape_default());
        }
        for (name, directory) in &self.directories {
            let _ = writeln!(lines, "D\t{}\t{}", directory.modified, name.escape_default());
            for skipped in &directory.skipped {
                let _ = writeln!(lines, "-\t{}", skipped.escape_default());
            }
        }
        lines
    }

    /// Returns names and contents as parts, for messages.
    pub(super) fn parts(&self) -> Parts {
        let mut parts = Parts::default();
        for (name, file) in &self.files {
            parts.add(Kind::File, name, &file.digest);
        }
        parts
    }

    /// Returns the digest of names and contents, which the runtime computes in the same way from the lines; nothing if no file
    /// is recorded.
    pub(super) fn digest(&self) -> String {
        if self.files.is_empty() {
            return String::new();
        }
        let mut hasher = blake3::Hasher::new();
        for (name, file) in &self.files {
            // In the order and the spelling of the lines.
            hasher.update(format!("{}\t{}\n", file.digest, name.escape_default()).as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

fn metadata(path: &Path) -> Result<Metadata, String> {
    // Of a link that leads nowhere, its own.
    fs::metadata(path).or_else(|_| fs::symlink_metadata(path)).map_err(|error| message::unreadable(path, &error))
}

fn is_compiled(path: &Path, context: &Context<'_>) -> bool {
    path.canonicalize().is_ok_and(|path| context.compiled.contains(&path))
}

/// The name of an entry directly in `directory`, if `name` is one: both relative to the same directory.
fn entry_of(directory: &str, name: &str) -> Option<String> {
    let name = name.trim_end_matches('/');
    let entry = if directory.is_empty() { name } else { name.strip_prefix(directory)?.strip_prefix('/')? };
    (!entry.contains('/')).then(|| entry.to_owned())
}

/// `base/name` without `.` and empty parts.
fn join(base: &str, name: &str) -> String {
    clean(&format!("{base}/{name}"))
}

fn clean(name: &str) -> String {
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Nanoseconds since 1970.
pub(super) fn modified(found: &Metadata) -> u128 {
    nanoseconds(found.modified().ok())
}

/// Nanoseconds since 1970.
fn nanoseconds(time: Option<SystemTime>) -> u128 {
    time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_nanos())
}

/// Tells whether a file may have changed after `started`: by its own time, or by that of its last change of any kind,
/// which cannot be set at will.
pub(super) fn is_newer(found: &Metadata, started: SystemTime) -> bool {
    let is_changed = |time: SystemTime| time >= started;
    found.modified().is_ok_and(is_changed) || changed(found).is_some_and(is_changed)
}

#[cfg(unix)]
fn changed(found: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let seconds = u64::try_from(found.ctime()).ok()?;
    let nanoseconds = u32::try_from(found.ctime_nsec()).ok()?;
    UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<SystemTime> {
    None
}

/// Tells whether a file may have changed after the compiler was started at `started`, or read it if that is unknown.
pub(super) fn is_suspect(found: &Metadata, started: Option<SystemTime>) -> bool {
    let started = started.or_else(|| SystemTime::now().checked_sub(RECENT));
    started.is_some_and(|started| is_newer(found, started))
}

/// The sources that a library declares as modules, but is not compiled from: its unit tests in files of their own, and
/// modules of other systems. They change nothing about it.
fn left_out_modules<'a>(tree: &'a Tree, compiled: &BTreeSet<PathBuf>) -> BTreeSet<&'a str> {
    let known: BTreeMap<&str, &Path> =
        tree.files.iter().filter(|file| is_rust(&file.name)).map(|file| (&*file.name, &*file.path)).collect();
    let is_compiled = |name: &str| known[name].canonicalize().is_ok_and(|path| compiled.contains(&path));
    let mut left_out: BTreeSet<&str> = BTreeSet::new();
    let (compiled, others): (Vec<&str>, Vec<&str>) = known.keys().partition(|name| is_compiled(name));
    // Those that the left out ones declare are left out as well: as many rounds as modules are nested.
    loop {
        let is_declared = |name: &&&str| {
            !left_out.contains(**name)
                && parents(name).iter().any(|parent| {
                    let is_of_library = compiled.contains(&&**parent) || left_out.contains(&**parent);
                    is_of_library
                        && fs::read_to_string(known[&**parent])
                            .is_ok_and(|source| mentions::declares(&source, &module_name(name)))
                })
        };
        let more: Vec<&str> = others.iter().filter(is_declared).copied().collect();
        if more.is_empty() {
            return left_out;
        }
        left_out.extend(more);
    }
}

/// The sources that the root of the crate at hand names by `#[path]`, without links.
fn shared_by_path(context: &Context<'_>) -> BTreeSet<PathBuf> {
    let Some(source) = context.input.and_then(|input| fs::read_to_string(input).ok()) else { return BTreeSet::new() };
    let base = context.input.and_then(Path::parent).unwrap_or(Path::new(""));
    Mentions::of(&source).files.iter().filter_map(|file| base.join(file).canonicalize().ok()).collect()
}

/// `a/b.rs` and `a/b/mod.rs` are the module `b`.
fn module_name(name: &str) -> String {
    let path = name.strip_suffix("/mod.rs").or_else(|| name.strip_suffix(".rs")).unwrap_or(name);
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// The sources that may declare a module: `a/mod.rs`, `a/lib.rs` and `a.rs` may declare `a/b.rs`.
fn parents(name: &str) -> Vec<String> {
    let path = name.strip_suffix("/mod.rs").unwrap_or(name);
    match path.rsplit_once('/') {
        Some((directory, _)) => {
            vec![format!("{directory}/mod.rs"), format!("{directory}/lib.rs"), format!("{directory}.rs")]
        }
        None => vec!["mod.rs".to_owned(), "lib.rs".to_owned()],
    }
}
