//! Records the sources of the current crate, and the named files that no dependency is compiled from.
//!
//! The compiler has not yet read the current crate, so its sources are unknown. The macro therefore records the size,
//! the modification time and the digest of each file, and the test compares them with the files that it finds when it
//! runs. Cargo does not notice when an older file replaces a file, and does not watch data that is read at run time.

mod modules;
mod own;

use super::digest::of_recorded_files;
use super::files::{self, Extent, Ignored};
use super::mentions::{Mentions, is_rust};
use super::named::Named;
use super::part::{Kind, Parts};
use super::times::{changed, is_suspect, modified};
use crate::message;
use own::Own;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A recorded file.
#[derive(Debug)]
struct File {
    /// In bytes.
    size: u64,
    /// In nanoseconds since 1970.
    modified: u128,
    /// The time of the last change of any kind, in nanoseconds since 1970. It cannot be set at will.
    changed: u128,
    digest: String,
    /// The digest of the code that counts, in a source of the current crate. Tests and comments do not count.
    code: Option<String>,
    /// The file may have changed after the compiler read it.
    is_suspect: bool,
}

/// A recorded directory.
#[derive(Debug)]
struct Directory {
    /// In nanoseconds since 1970.
    modified: u128,
    /// The names of the entries that do not count.
    skipped: BTreeSet<String>,
}

/// The recorded files and directories, by their names relative to the package.
#[derive(Debug, Default)]
pub(super) struct RecordedFiles {
    files: BTreeMap<String, File>,
    directories: BTreeMap<String, Directory>,
    /// The file that is being added is one that a source mentions.
    is_mentioned: bool,
    /// The variables that the recorded sources mention.
    pub(super) variables: BTreeSet<String>,
    /// The current crate, if its sources are recorded.
    own: Option<Own>,
}

/// The circumstances of the compilation.
pub(super) struct Context<'a> {
    pub(super) manifest_dir: &'a Path,
    /// The canonical paths of the sources of the dependencies.
    pub(super) compiled: &'a BTreeSet<PathBuf>,
    /// The moment just before the compiler was started for the current crate, from cargo's records.
    pub(super) started: Option<SystemTime>,
    /// The root of the current crate.
    pub(super) input: Option<&'a Path>,
    /// Other crates may depend on the current one. Its metadata counts for them, and would contain recorded times: they
    /// would change with each checkout. Without times, the first test of a run digests the files.
    pub(super) is_library: bool,
}

impl Context<'_> {
    /// Returns a time for a record. No file has the time zero, so a test compares its content.
    fn time(&self, time: u128) -> u128 {
        if self.is_library { 0 } else { time }
    }
}

/// The largest included file, in bytes, that may be source. A larger one is data.
const MAX_SOURCE: u64 = 1 << 20;

impl RecordedFiles {
    /// Records a named file, or the files below a named directory, unless a dependency is compiled from them.
    ///
    /// # Errors
    ///
    /// Returns a message if a file or directory cannot be read.
    pub(super) fn add(&mut self, named: &Named, context: &Context<'_>) -> Result<(), String> {
        if named.canonical.is_file() {
            if !context.compiled.contains(&named.canonical) {
                self.add_file(clean(&named.name), &named.path, context)?;
            }
            return Ok(());
        }
        let tree = files::collect(&named.path, Extent::Everything)?;
        // The current crate may be compiled with a module that a library is compiled without: its own unit tests, or
        // one that it shares by `#[path]`.
        let is_own = context.input.is_some_and(|input| input.canonicalize().is_ok_and(|input| named.covers(&input)));
        let shared = modules::shared_by_path(context);
        let mut modules = if is_own { BTreeSet::new() } else { modules::uncompiled(&tree, context.compiled) };
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
        // Git may ignore a generated source that is compiled.
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
            self.directories.insert(
                join(&named.name, &listed.name),
                Directory { modified: context.time(modified(&found)), skipped },
            );
        }
        Ok(())
    }

    fn add_file(&mut self, name: String, path: &Path, context: &Context<'_>) -> Result<(), String> {
        if self.files.contains_key(&name) {
            return Ok(());
        }
        let file = File::record(path, context)?;
        let size = file.size;
        self.files.insert(name.clone(), file);
        // A file that `include!` names is source as well, whatever its extension.
        if (is_rust(&name) || self.is_mentioned && size <= MAX_SOURCE)
            && let Ok(source) = fs::read_to_string(path)
        {
            self.add_mentions(&name, path, &Mentions::of(&source), context)?;
        }
        Ok(())
    }

    /// Records the files that a source mentions, in any directory.
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
            // Relative to the package where possible: the location of the checkout does not count.
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

    /// Formats the records for the runtime, one per line. Tabs separate the fields, and the name is the last field.
    ///
    /// | line | fields |
    /// | --- | --- |
    /// | `F` | a file: size, modification time, change time, digest, name. Of a source of the current crate, the digest is that of the content, a colon, and that of the code that counts |
    /// | `S` | the same, of a file that may have changed since the compiler read it |
    /// | `D` | a directory: modification time, name |
    /// | `-` | an entry of the directory before it that does not count: name |
    /// | `L` | the compiler's list of the sources of the current crate: name, the output of the package's build script |
    /// | `N` | a file that the compiler reads and that does not count: name |
    /// | `O` | a macro may declare modules, so that other sources are unknown |
    ///
    /// Names may contain any character, so they are escaped by [`str::escape_default`].
    pub(super) fn lines(&self) -> String {
        let mut lines = String::new();
        for (name, file) in &self.files {
            let kind = if file.is_suspect { 'S' } else { 'F' };
            let File { size, modified, changed, digest, .. } = file;
            let code = file.code.as_ref().map(|code| format!(":{code}")).unwrap_or_default();
            // Writing to a string does not fail.
            let _ = writeln!(lines, "{kind}\t{size}\t{modified}\t{changed}\t{digest}{code}\t{}", name.escape_default());
        }
        for (name, directory) in &self.directories {
            let _ = writeln!(lines, "D\t{}\t{}", directory.modified, name.escape_default());
            for skipped in &directory.skipped {
                let _ = writeln!(lines, "-\t{}", skipped.escape_default());
            }
        }
        lines.extend(self.own.as_ref().map(Own::lines));
        lines
    }

    /// Returns names and contents as parts, for messages.
    pub(super) fn parts(&self) -> Parts {
        let mut parts = Parts::default();
        for (name, file) in &self.files {
            parts.add(Kind::File, name, file.counted());
        }
        parts
    }

    /// Returns the digest of names and contents, or an empty string if no file is recorded.
    pub(super) fn digest(&self) -> String {
        if self.files.is_empty() {
            return String::new();
        }
        // In the order and the spelling of the lines.
        of_recorded_files(self.files.iter().map(|(name, file)| (name.escape_default(), file.counted())))
    }
}

impl File {
    fn record(path: &Path, context: &Context<'_>) -> Result<Self, String> {
        // Before the content is read, so that the test notices a change in between.
        let found = metadata(path)?;
        Ok(Self {
            size: found.len(),
            modified: context.time(modified(&found)),
            changed: context.time(changed(&found)),
            digest: files::digest(path)?,
            code: None,
            is_suspect: is_suspect(&found, context.started),
        })
    }

    /// Returns the record of a file that does not exist yet. No file has these times.
    fn missing() -> Self {
        Self { size: 0, modified: 0, changed: 0, digest: String::new(), code: None, is_suspect: false }
    }

    /// Returns the digest of the content that counts.
    fn counted(&self) -> &String {
        self.code.as_ref().unwrap_or(&self.digest)
    }
}

fn metadata(path: &Path) -> Result<Metadata, String> {
    // A broken link has no target, but the link has metadata.
    fs::metadata(path).or_else(|_| fs::symlink_metadata(path)).map_err(|error| message::unreadable(path, &error))
}

fn is_compiled(path: &Path, context: &Context<'_>) -> bool {
    path.canonicalize().is_ok_and(|path| context.compiled.contains(&path))
}

/// Returns the name of an entry in `directory`, if `name` is one. Both are relative to the same directory.
fn entry_of(directory: &str, name: &str) -> Option<String> {
    let name = name.trim_end_matches('/');
    let entry = if directory.is_empty() { name } else { name.strip_prefix(directory)?.strip_prefix('/')? };
    (!entry.contains('/')).then(|| entry.to_owned())
}

/// Returns `base/name` without `.` and empty components.
fn join(base: &str, name: &str) -> String {
    clean(&format!("{base}/{name}"))
}

fn clean(name: &str) -> String {
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}
