//! Finds objects of other languages, such as a build script's C code: bundled into a library, or beside it.
//!
//! The metadata of the crate and of the crates above it does not cover them.

use super::archive::{Entry, entries};
use super::command_line::CommandLine;
use super::compiled::Libraries;
use super::digest::Digest;
use crate::message;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Returns a digest for each library that contains such objects, or whose build script left objects to link.
///
/// # Errors
///
/// Returns a message if a library cannot be read.
pub(super) fn of(
    libraries: &Libraries,
    counted: &BTreeSet<usize>,
    line: &CommandLine,
    root: &Path,
) -> Result<BTreeMap<String, String>, String> {
    let mut found = linked_files(line)?;
    // The compiler finds the objects that it bundles by this option alone.
    if line.native.is_empty() {
        return Ok(found);
    }
    for library in counted.iter().map(|index| libraries.get(*index)) {
        if library.path.extension().is_some_and(|extension| extension == "rlib") {
            let digest = bundled(&library.path).map_err(|error| message::unreadable(&library.path, &error))?;
            found.extend(digest.map(|digest| (library.name.clone(), digest)));
        }
    }
    let others: BTreeSet<String> = libraries
        .indices()
        .filter(|index| !counted.contains(index))
        .map(|index| libraries.get(index).name.clone())
        .collect();
    for directory in &line.native {
        let package = package(directory);
        let name = package.as_deref().unwrap_or_default().replace('-', "_");
        let is_local = package.is_some() || directory.starts_with(root);
        if !is_local || others.contains(&name) || found.contains_key(&name) {
            continue;
        }
        let digest = beside(directory).map_err(|error| message::unreadable(directory, &error))?;
        let label = if name.is_empty() { directory.display().to_string() } else { name };
        found.extend(digest.map(|digest| (label, digest)));
    }
    Ok(found)
}

/// Returns the digests of the files in `-C link-arg`.
fn linked_files(line: &CommandLine) -> Result<BTreeMap<String, String>, String> {
    let arguments = line.codegen.iter().filter(|(name, _)| matches!(&**name, "link-arg" | "link-args"));
    let words = arguments.filter_map(|(_, value)| value.as_deref()).flat_map(str::split_whitespace);
    let mut found = BTreeMap::new();
    for path in words.map(Path::new).filter(|path| path.is_absolute() && path.is_file()) {
        let digest = super::digest::of_file(path).map_err(|error| message::unreadable(path, &error))?;
        found.insert(path.file_name().unwrap_or_default().to_string_lossy().into_owned(), digest);
    }
    Ok(found)
}

/// Returns the package whose build script writes to `…/build/PACKAGE-HASH/out`, or below.
pub(super) fn package(directory: &Path) -> Option<String> {
    let parts: Vec<&str> = directory.iter().filter_map(|part| part.to_str()).collect();
    parts.windows(3).find_map(|window| match *window {
        ["build", package, "out"] => package.rsplit_once('-').map(|(package, _)| package.to_owned()),
        _ => None,
    })
}

/// Returns the digest of the members of a library that rustc did not write.
fn bundled(library: &Path) -> io::Result<Option<String>> {
    let is_own = |entry: &Entry| {
        let name = entry.name.as_str();
        [".rcgu.o", ".dwo"].iter().any(|end| name.ends_with(end)) || name == "lib.rmeta"
    };
    members(library, |entry| !is_own(entry))
}

/// Returns the digest of the contents of an archive's members, in any order. Their names do not count: they depend on
/// the directory in which they were compiled.
fn members(archive: &Path, counts: impl Fn(&Entry) -> bool) -> io::Result<Option<String>> {
    let mut file = File::open(archive)?;
    let Some(entries) = entries(&mut file)? else { return Ok(None) };
    let mut digests = Vec::new();
    for entry in entries.iter().filter(|entry| counts(entry)) {
        digests.push(entry.digest(&mut file)?);
    }
    Ok(combined(digests))
}

/// Returns the digest of the libraries in a directory.
fn beside(directory: &Path) -> io::Result<Option<String>> {
    let listed = match fs::read_dir(directory) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut digests = Vec::new();
    for entry in listed {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_archive = [".a", ".lib"].iter().any(|end| name.ends_with(end));
        let is_shared = [".so", ".dylib", ".dll"].iter().any(|end| name.ends_with(end)) || name.contains(".so.");
        if path.is_file() && is_archive {
            // Only the members count: an archive may contain the time of its creation.
            digests.push(match members(&path, |_| true)? {
                Some(digest) => digest,
                None => super::digest::of_file(&path)?,
            });
        } else if path.is_file() && is_shared {
            digests.push(super::digest::of_file(&path)?);
        }
    }
    Ok(combined(digests))
}

fn combined(mut digests: Vec<String>) -> Option<String> {
    digests.sort_unstable();
    let mut digest = Digest::new("objects");
    for one in &digests {
        digest.bytes(one.as_bytes());
    }
    (!digests.is_empty()).then(|| digest.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_build_script_outputs_are_found() {
        assert_eq!(package(Path::new("/t/debug/build/zstd-sys-0123/out/lib")).as_deref(), Some("zstd-sys"));
        assert_eq!(package(Path::new("/usr/lib")), None);
    }

    #[test]
    fn shared_libraries_and_archive_contents_count() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let write = |name: &str, content: &str| fs::write(directory.path().join(name), content).expect("written");
        let digest = || beside(directory.path()).expect("readable");
        write("notes.txt", "x");
        assert_eq!(digest(), None);
        let archive = |time: u32, content: &str| {
            format!("!<arch>\n{:<16}{time:<12}{:<6}{:<6}{:<8}{:<10}`\n{content}", "a.o/", 0, 0, 644, content.len())
        };
        write("libfoo.a", &archive(1, "content!"));
        let first = digest();
        assert!(first.is_some());
        write("libfoo.a", &archive(2, "content!"));
        assert_eq!(first, digest(), "other time stamp");
        write("libfoo.a", &archive(2, "another!"));
        assert_ne!(first, digest());
        write("libfoo.so.1", "x");
        assert_ne!(first, digest());
    }
}
