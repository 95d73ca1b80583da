//! The paths that a key covers, and those that are the same for every build of a machine.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::is_on_search_path;
use crate::audit::cover::Cover;
use crate::audit::system::{INSTALLED, KERNEL, LIBRARIES, LOADER, SHARED_MEMORY};
use crate::audit::trace::{Action, Use};

/// The directory above a `bin` with programs of many packages. Others, such as `/usr`, are recognized by their length.
const SHARED_PREFIX: &str = "/usr/local";
/// Directories of version control: the key covers the files of a repository, and not its history.
const VERSION_CONTROL: &[&str] = &[".git", ".hg", ".jj", ".svn"];
/// Local directories of the cache that hold files of other builds.
const OF_OTHER_BUILDS: &[&str] = &[".repos", ".trash", ".unpacked"];

/// The coverage of one key.
pub(super) struct Covered<'a> {
    cover: &'a Cover,
    /// Files that the build executes, and the same without links.
    executed: BTreeMap<&'a Path, Option<&'a Path>>,
    /// The names of these.
    names: BTreeSet<&'a OsStr>,
    /// The names of the files that the build finds in `PATH`.
    found_names: BTreeSet<&'a OsStr>,
    toolchains: Vec<PathBuf>,
}

impl<'a> Covered<'a> {
    pub(super) fn new(cover: &'a Cover, uses: &'a [Use]) -> Covered<'a> {
        let executed: BTreeMap<&Path, Option<&Path>> = uses
            .iter()
            .filter(|used| used.action == Action::Execute)
            .map(|used| (&*used.path, used.real.as_deref()))
            .collect();
        let found = uses.iter().filter(|used| used.action == Action::Find && is_on_search_path(cover, &used.path));
        Covered {
            cover,
            names: executed
                .iter()
                .flat_map(|(path, real)| path.file_name().into_iter().chain(real.and_then(Path::file_name)))
                .collect(),
            found_names: found.filter_map(|used| used.path.file_name()).collect(),
            executed,
            toolchains: cover.libraries.iter().filter_map(|library| toolchain(library)).collect(),
        }
    }

    /// Returns `true` if the key covers a use, or if the use is not an input.
    pub(super) fn covers(&self, used: &Use) -> bool {
        std::iter::once(&used.path).chain(&used.real).any(|path| {
            self.has_path(path, used.action)
                || used.action != Action::Execute && is_of_system(path, &self.cover.libraries)
                || is_search_for_library(used.action, path, &self.cover.libraries)
                || used.action != Action::Execute && self.is_installed(used.program.as_deref(), path)
                || self.is_search_for_program(used, path)
        })
    }

    fn has_path(&self, path: &Path, action: Action) -> bool {
        let Cover { files, directories, tools, code, own, cache, dependencies, executable, .. } = self.cover;
        let is_below = |roots: &[PathBuf]| roots.iter().any(|root| path.starts_with(root));
        files.iter().chain(tools).chain(code).any(|file| file == path)
            || is_below(own)
            || directories.iter().any(|directory| is_counted(directory, path, action))
            || self.cover.repository.as_ref().is_some_and(|repository| is_counted(repository, path, action))
            || is_of_cache(cache, path)
            // Manifest, archive and directory of an artifact have one name, with different endings.
            || dependencies.iter().any(|dependency| is_or_extends(path, dependency))
            || is_or_extends(path, executable)
            || is_below(&self.toolchains)
    }

    /// Returns `true` for the search of a program in `PATH` that the build then executes.
    fn is_search_for_program(&self, used: &Use, path: &Path) -> bool {
        let is_in = |names: &BTreeSet<&OsStr>| path.file_name().is_some_and(|name| names.contains(name));
        match used.action {
            Action::MissProgram => is_in(&self.names) || is_in(&self.found_names),
            Action::Find => self.is_executed(path) || is_in(&self.names) && is_on_search_path(self.cover, path),
            Action::Read => self.is_executed(path),
            _ => false,
        }
    }

    fn is_executed(&self, path: &Path) -> bool {
        self.executed.iter().any(|(executed, real)| *executed == path || *real == Some(path))
    }

    /// Returns `true` for a part of the installation of a program. A link, as in a virtual environment of Python, has
    /// two installations.
    fn is_installed(&self, program: Option<&Path>, path: &Path) -> bool {
        let real = program.and_then(|program| self.executed.get(program).copied().flatten());
        program.into_iter().chain(real).any(|program| is_installed(program, path))
    }

    pub(super) fn is_in_repository(&self, path: &Path) -> bool {
        self.cover.repository.as_ref().is_some_and(|repository| path.starts_with(repository) && path != repository)
    }

    /// Returns `true` for a directory above a covered path.
    pub(super) fn is_above(&self, path: &Path) -> bool {
        let Cover { files, directories, tools, code, own, cache, executable, repository, package, home, .. } =
            self.cover;
        let all = files.iter().chain(directories).chain(tools).chain(code).chain(own).chain(&self.cover.search_path);
        all.chain(repository).chain(home).chain([cache, executable, package]).any(|covered| covered.starts_with(path))
    }

    /// Returns `true` for a connection that stays on the machine and is no input: to the name service, or to a socket
    /// of the build itself.
    pub(super) fn is_local(&self, address: &Path) -> bool {
        let text = address.to_string_lossy();
        // Before it sorts addresses, the resolver asks the kernel for a route with port 0. It sends nothing.
        text.ends_with(":0") || is_of_system(address, &[]) || self.cover.own.iter().any(|own| address.starts_with(own))
    }
}

/// Returns `true` if the digest of the directory covers a path in it.
fn is_counted(directory: &Path, path: &Path, action: Action) -> bool {
    let Ok(inside) = path.strip_prefix(directory) else { return false };
    match (of_version_control(inside), action) {
        (None, _) => true,
        // Programs that walk a tree look for repositories in it.
        (Some(at), Action::Find | Action::FindDirectory | Action::Miss) => inside.iter().count() == at + 1,
        (Some(_), _) => false,
    }
}

/// Returns the index of the first component that is a directory of version control.
fn of_version_control(path: &Path) -> Option<usize> {
    path.iter().position(|name| VERSION_CONTROL.iter().any(|hidden| name == *hidden))
}

/// Returns `true` for the history of a repository, which its key does not cover.
pub(super) fn is_history(repository: &Path, path: &Path) -> bool {
    path.strip_prefix(repository).is_ok_and(|inside| of_version_control(inside).is_some())
}

/// Returns `true` for `base`, everything below it, and `base` with an ending.
fn is_or_extends(path: &Path, base: &Path) -> bool {
    let rest = path.as_os_str().as_encoded_bytes().strip_prefix(base.as_os_str().as_encoded_bytes());
    rest.is_some_and(|rest| rest.first().is_none_or(|first| [b'/', b'.'].contains(first)))
}

/// Returns `true` for the files that all processes of the cache share: locks, notes, stamps.
fn is_of_cache(cache: &Path, path: &Path) -> bool {
    let Ok(inside) = path.strip_prefix(cache) else { return false };
    let Some(first) = inside.iter().next() else { return true };
    let is_local = first.as_encoded_bytes().starts_with(b".") && !OF_OTHER_BUILDS.iter().any(|other| first == *other);
    is_local || first == "CACHEDIR.TAG"
}

/// Returns `true` for the search of the loader: it looks for variants of libraries in directories for processors.
fn is_search_for_library(action: Action, path: &Path, libraries: &[PathBuf]) -> bool {
    const VARIANTS: [&str; 5] = ["tls", "x86_64", "haswell", "avx512_1", "aarch64"];
    if !matches!(action, Action::Miss | Action::Find | Action::FindDirectory) {
        return false;
    }
    let is_variant = path.file_name().is_some_and(|name| VARIANTS.iter().any(|variant| name == *variant));
    libraries.iter().any(|library| path.starts_with(library))
        || is_variant && LIBRARIES.iter().any(|library| path.starts_with(library))
}

fn is_of_system(path: &Path, libraries: &[PathBuf]) -> bool {
    let is_below = |roots: &[&str]| roots.iter().any(|root| path.starts_with(root));
    let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let is_library =
        name.ends_with(".so") || name.contains(".so.") || name == "gconv-modules.cache" || name == "gconv-modules";
    is_below(KERNEL) && !path.starts_with(SHARED_MEMORY)
        || is_below(LOADER)
        || is_library && (is_below(LIBRARIES) || libraries.iter().any(|library| path.starts_with(library)))
        // The loader looks for variants of a library in directories below.
        || path.iter().any(|name| name == "glibc-hwcaps")
        || LIBRARIES.iter().any(|library| path == Path::new(library))
}

/// Returns `true` for a part of the installation of a program.
fn is_installed(program: &Path, path: &Path) -> bool {
    if INSTALLED.iter().any(|root| path.starts_with(root)) {
        return true;
    }
    // `/opt/x` for `/opt/x/bin/program`.
    let prefix = program.parent().filter(|parent| parent.ends_with("bin")).and_then(Path::parent);
    let is_own = |prefix: &&Path| *prefix != Path::new(SHARED_PREFIX) && prefix.iter().count() > 2;
    if prefix.filter(is_own).is_some_and(|prefix| path.starts_with(prefix)) {
        return true;
    }
    // `/usr/share/git-core` for `git`, `/usr/share/perl` for `perl5.36`.
    let stem = program.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let stem = stem.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
    let share = ["/usr/share", "/usr/local/share"].iter().find_map(|share| path.strip_prefix(share).ok());
    let first = share.and_then(|inside| inside.iter().next()).map(OsStr::to_string_lossy);
    !stem.is_empty() && first.is_some_and(|first| first.starts_with(stem))
}

/// Returns the toolchain of a directory of libraries: `…/lib/rustlib/TARGET/lib`.
fn toolchain(library: &Path) -> Option<PathBuf> {
    let lib = library.ancestors().find(|path| path.ends_with("lib/rustlib"))?;
    lib.ancestors().nth(2).map(Path::to_owned)
}
