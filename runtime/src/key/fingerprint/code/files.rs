//! Compares the named files that no library is compiled from when the test runs: sources of the test itself, and data.
//!
//! `code_fingerprint!` records size, times and digest of each file. Cargo compiles a test again when one of its sources
//! is newer. It does not when an older file replaces a source, or when data changes that the test reads at run time. So
//! a test compares the metadata of the files with the records, and digests those that differ.
//!
//! A source that the test was compiled from counts as it was compiled, even if it has changed since. The compiler's
//! list of sources is beside the test's executable.
//!
//! Of a source of the crate that calls `code_fingerprint!(own)`, only the code counts that the macro recorded.

mod own;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::Code;
use crate::digest::{Parts, file_digest};
use crate::disk;
use crate::key::fingerprint::folder::is_skipped;
use crate::ordered;
use crate::shared::digest::of_recorded_files;
use crate::shared::temporary_file::is_temporary;

/// The recorded files of a fingerprint, and their location.
pub(crate) struct Files<'a> {
    code: &'a Code,
    /// The package's directory according to the test runner: an archive of tests may run in another checkout.
    base: PathBuf,
    /// The compiler's list of the sources of the test, or of the crate that called the macro.
    compiled: Option<PathBuf>,
}

/// The files as they count for the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The digest of names and contents, in hexadecimal.
    pub(crate) digest: String,
    /// The files that differ from their records, each with its digest, or with an empty text if it was removed.
    pub(crate) changed: BTreeMap<String, String>,
    /// A source that may have changed while the test was compiled.
    pub(crate) suspect: Option<String>,
}

/// The metadata of a file: its size, and the times of its last modification and of its last change of any kind, in
/// nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: u128,
    changed: u128,
}

impl Stamp {
    fn of(found: &Metadata) -> Stamp {
        Stamp { size: found.len(), modified: time(found), changed: changed(found) }
    }
}

#[cfg(unix)]
fn changed(found: &Metadata) -> u128 {
    use std::os::unix::fs::MetadataExt;
    let (seconds, rest) = (u128::try_from(found.ctime()), u128::try_from(found.ctime_nsec()));
    seconds.ok().zip(rest.ok()).map_or(0, |(seconds, rest)| seconds * 1_000_000_000 + rest)
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> u128 {
    0
}

/// A line of the records.
#[derive(Clone, Copy, Debug)]
enum Line<'a> {
    File {
        stamp: Stamp,
        digest: &'a str,
        /// The digest of the code that counts, in a source of the crate that called the macro.
        code: Option<&'a str>,
        name: &'a str,
        is_suspect: bool,
    },
    Directory {
        modified: u128,
        name: &'a str,
    },
    /// An entry that is skipped, in the last directory before this line.
    Skipped(&'a str),
    /// The compiler's list of the sources of the crate that called the macro.
    List {
        name: &'a str,
        /// The output of the package's build script, which is not recorded here.
        output: &'a str,
    },
    /// A file that the compiler reads for tests only.
    NotCounted(&'a str),
    /// A macro may declare more sources.
    Open,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Option<Line<'a>> {
        let (kind, rest) = line.split_once('\t')?;
        let mut fields = rest.split('\t');
        let mut next = || fields.next();
        match kind {
            "F" | "S" => {
                let size = next()?.parse().ok()?;
                let stamp = Stamp { size, modified: next()?.parse().ok()?, changed: next()?.parse().ok()? };
                let digest = next()?;
                let (digest, code) = digest.split_once(':').map_or((digest, None), |(all, code)| (all, Some(code)));
                Some(Line::File { stamp, digest, code, name: next()?, is_suspect: kind == "S" })
            }
            "D" => Some(Line::Directory { modified: next()?.parse().ok()?, name: next()? }),
            "-" => Some(Line::Skipped(next()?)),
            "L" => Some(Line::List { name: next()?, output: next()? }),
            "N" => Some(Line::NotCounted(next()?)),
            "O" => Some(Line::Open),
            _ => None,
        }
    }
}

impl<'a> Files<'a> {
    /// Locates the files of a fingerprint for this process.
    pub(crate) fn of(code: &'a Code) -> Files<'a> {
        // The macro may be called in a library that tests of another package use.
        let is_of_package = std::env::var_os("CARGO_PKG_NAME").is_none_or(|package| package == code.package);
        let base = std::env::var_os("CARGO_MANIFEST_DIR").filter(|_| is_of_package).map(PathBuf::from);
        // The variable may name another package if the test was started by hand.
        let base = base.filter(|base| base.is_dir()).unwrap_or_else(|| PathBuf::from(code.manifest_dir));
        let executable = std::env::current_exe().unwrap_or_default();
        let compiled = own::list(code, &executable).unwrap_or_else(|| executable.with_extension("d"));
        Files { code, base, compiled: Some(compiled).filter(|list| list.is_file()) }
    }

    /// Returns `true` if the metadata of a file differs from its record, or if a file may have changed while the test
    /// was compiled. Reads no file.
    ///
    /// Returns `false` if none of the files exists: then the test runs without its sources.
    pub(crate) fn differ(&self) -> bool {
        let mut differs = false;
        let mut any_exists = false;
        for line in self.lines() {
            match line {
                Line::File { stamp, name, is_suspect, .. } => {
                    let found = self.metadata(name);
                    any_exists |= found.is_some();
                    differs |= is_suspect || found.is_none_or(|found| Stamp::of(&found) != stamp);
                }
                Line::Directory { modified, name } => {
                    differs |= self.metadata(name).is_none_or(|found| time(&found) != modified);
                }
                Line::Skipped(_) | Line::List { .. } | Line::NotCounted(_) | Line::Open => {}
            }
        }
        differs && any_exists || self.has_unknown_sources()
    }

    /// Returns the files that differ from their records, or `None` if their content is the same.
    pub(crate) fn changes(&self) -> Option<State> {
        if !self.differ() {
            return None;
        }
        let lines: Vec<Line<'_>> = self.lines().collect();
        let suspects = lines.iter().filter_map(|line| match *line {
            Line::File { name, is_suspect: true, .. } => Some(name),
            _ => None,
        });
        self.compare(&lines, &suspects.collect::<Vec<_>>())
    }

    /// Returns the files and directories that a test compares when it runs.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let name = |line: Line<'a>| match line {
            Line::File { name, .. } | Line::Directory { name, .. } => Some(name),
            Line::Skipped(_) | Line::List { .. } | Line::NotCounted(_) | Line::Open => None,
        };
        self.lines().filter_map(name).map(|name| self.path(name)).collect()
    }

    /// Returns a name for the location of the files.
    pub(crate) fn place(&self) -> String {
        let mut parts = Parts::default();
        parts.add(self.base.as_os_str().as_encoded_bytes());
        parts.add(std::env::current_exe().unwrap_or_default().as_os_str().as_encoded_bytes());
        parts.finish()[..16].to_owned()
    }

    fn lines(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        self.code.files.lines().filter_map(Line::parse)
    }

    /// Digests the files whose metadata differs, and unknown sources. Returns `None` if all content is the same.
    fn compare(&self, lines: &[Line<'_>], suspects: &[&str]) -> Option<State> {
        let compiled = self.compiled.as_deref().map(|list| sources(list, Path::new(self.code.directory)));
        let is_compiled = |name: &str| {
            let path = self.path(name).canonicalize().ok()?;
            compiled.as_ref().map(|compiled| compiled.contains(&path))
        };
        let exists = |line: &Line<'_>| matches!(line, Line::File { name, .. } if self.metadata(name).is_some());
        let any_exists = lines.iter().any(exists);
        let mut now: BTreeMap<&str, String> = BTreeMap::new();
        let mut changed: BTreeMap<String, String> = BTreeMap::new();
        for line in lines {
            let Line::File { stamp, digest, code, name, .. } = *line else { continue };
            let has_same_stamp = !any_exists || self.metadata(name).is_some_and(|found| Stamp::of(&found) == stamp);
            let found = if has_same_stamp { digest.to_owned() } else { self.digest(name).unwrap_or_default() };
            if found == digest || is_compiled(name) == Some(true) {
                now.insert(name, code.unwrap_or(digest).to_owned());
                continue;
            }
            // The test may contain the recorded file, read the present one, or both. It contains each source of the
            // crate that called the macro.
            let both = compiled.is_none() && !found.is_empty() || code.is_some();
            let value = if both { format!("{digest}>{found}") } else { found };
            changed.insert(name.to_owned(), value.clone());
            if !value.is_empty() {
                now.insert(name, value);
            }
        }
        changed.extend(self.new_files(lines, compiled.as_ref()));
        changed.extend(self.unknown_sources());
        let suspect = suspects.iter().find(|name| is_compiled(name) != Some(false)).map(|name| (*name).to_owned());
        if changed.is_empty() && suspect.is_none() {
            return None;
        }
        let mut all: BTreeMap<&str, &str> = ordered::collect(now.iter().map(|(name, digest)| (*name, &**digest)));
        all.extend(changed.iter().filter(|(_, digest)| !digest.is_empty()).map(|(name, digest)| (&**name, &**digest)));
        Some(State { digest: of_recorded_files(all), changed, suspect })
    }

    /// Returns the files that were created since, with their digests.
    fn new_files(&self, lines: &[Line<'_>], compiled: Option<&BTreeSet<PathBuf>>) -> BTreeMap<String, String> {
        let mut known: BTreeSet<String> = BTreeSet::new();
        let mut directory = "";
        let mut differing = Vec::new();
        for line in lines {
            match *line {
                Line::File { name, .. } => drop(known.insert(name.to_owned())),
                Line::Directory { name, modified } => {
                    directory = name;
                    known.insert(name.to_owned());
                    if self.metadata(name).is_some_and(|found| time(&found) != modified) {
                        differing.push(name);
                    }
                }
                Line::Skipped(name) => drop(known.insert(join(directory, name))),
                Line::List { .. } | Line::NotCounted(_) | Line::Open => {}
            }
        }
        let mut found = BTreeSet::new();
        for directory in differing {
            found.extend(self.unknown_files(directory, &known));
        }
        if let Some(compiled) = compiled {
            found.retain(|name| self.path(name).canonicalize().is_ok_and(|path| !compiled.contains(&path)));
        }
        for ignored in self.ignored(&found) {
            found.remove(&ignored);
        }
        ordered::collect(found.into_iter().filter_map(|name| Some((name.clone(), self.digest(&name)?))))
    }

    /// Returns the files in a directory, and in unknown directories below it, that are not `known`.
    fn unknown_files(&self, directory: &str, known: &BTreeSet<String>) -> Vec<String> {
        let mut found = Vec::new();
        for entry in disk::entries(&self.path(directory)) {
            let file_name = entry.file_name();
            let Some(file_name) = file_name.to_str().filter(|name| !is_uncounted(name)) else { continue };
            let name = join(directory, &file_name.escape_default().to_string());
            if known.contains(&name) {
                continue;
            }
            if entry.path().is_file() {
                found.push(name);
            } else if entry.path().is_dir() && !is_skipped(&entry.path()) {
                found.extend(self.unknown_files(&name, known));
            }
        }
        found
    }

    /// Returns those of the names that git ignores, or none if git fails.
    fn ignored(&self, names: &BTreeSet<String>) -> Vec<String> {
        if names.is_empty() {
            return Vec::new();
        }
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.base).args(["--literal-pathspecs", "ls-files", "--others", "--ignored"]);
        git.args(["--exclude-standard", "--directory", "-z", "--"]).args(names.iter().map(|name| unescape(name)));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
            git.env_remove(name);
        }
        let Ok(output) = git.stdin(Stdio::null()).stderr(Stdio::null()).output() else { return Vec::new() };
        let printed = output.stdout.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok());
        let ignored: Vec<&str> = printed.filter(|name| !name.is_empty()).collect();
        // Git lists a directory of ignored files by its own name, which ends with a slash.
        let covers = |one: &str, name: &str| one == name || one.ends_with('/') && name.starts_with(one);
        names.iter().filter(|name| ignored.iter().any(|one| covers(one, &unescape(name)))).cloned().collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.base.join(unescape(name))
    }

    fn metadata(&self, name: &str) -> Option<Metadata> {
        fs::metadata(self.path(name)).ok()
    }

    fn digest(&self, name: &str) -> Option<String> {
        file_digest(&self.path(name)).ok()
    }
}

/// Returns the time of the last modification, in nanoseconds since 1970.
fn time(found: &Metadata) -> u128 {
    found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_nanos())
}

/// Returns `directory/name`. The package's own directory is `.`.
fn join(directory: &str, name: &str) -> String {
    if directory == "." { name.to_owned() } else { format!("{directory}/{name}") }
}

/// Returns the files that the compiler lists, as paths without links.
fn sources(list: &Path, directory: &Path) -> BTreeSet<PathBuf> {
    ordered::collect(listed(list, directory).into_iter().filter_map(|file| file.canonicalize().ok()))
}

/// Returns the files that the compiler lists.
fn listed(list: &Path, directory: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(list).unwrap_or_default();
    let files = text.lines().filter_map(|line| line.strip_suffix(':').filter(|_| !line.starts_with('#')));
    files.map(|file| directory.join(file.replace("\\ ", " "))).collect()
}

/// Undoes [`str::escape_default`].
fn unescape(name: &str) -> String {
    if !name.contains('\\') {
        return name.to_owned();
    }
    let mut plain = String::new();
    let mut rest = name.chars();
    while let Some(character) = rest.next() {
        plain.extend(match character {
            '\\' => match rest.next() {
                Some('n') => Some('\n'),
                Some('r') => Some('\r'),
                Some('t') => Some('\t'),
                Some('u') => {
                    let digits: String = rest.by_ref().skip(1).take_while(|digit| *digit != '}').collect();
                    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
                }
                other => other,
            },
            other => Some(other),
        });
    }
    plain
}

/// Returns `true` for a file that `code_fingerprint!` does not count.
fn is_uncounted(name: &str) -> bool {
    is_temporary(name.as_bytes()) || name == "Cargo.lock"
}

#[cfg(test)]
mod tests;
