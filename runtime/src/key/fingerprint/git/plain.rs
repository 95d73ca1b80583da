//! Work trees about which git need not be asked, because their files are simple enough to read.
//!
//! Each process of git takes as long as ten hits. Everything unusual is left to git: this module only recognises that
//! nothing is.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::command::os_str;
use crate::cores;

/// Words in a configuration that name other files, another work tree, or another format. In lower case.
const UNUSUAL: &[&str] = &["include", "attr", "worktree", "objectformat", "refstorage"];
/// The setting that many users have: a file with ignore rules.
const EXCLUDES: &[&str] = &["excludesfile"];
/// Files in `.git` of a work tree that shares the git directory of another one, or has references in a newer format.
const UNUSUAL_FILES: &[&str] = &["commondir", "reftable"];
/// The attributes by which a file can have the size of its object and other bytes.
const CONVERSIONS: &[&str] = &["filter", "working-tree-encoding"];
/// Files larger than this are left to git.
const MAX_BYTES: u64 = 1 << 20;

/// The name of the files with attributes in the work tree.
const ATTRIBUTES: &str = ".gitattributes";

/// A work tree with its own git directory, whose configuration names no other files, except one with ignore rules.
pub(super) struct Plain {
    /// The files of the configuration, of attributes and of ignore rules outside of the work tree. Some may not exist.
    /// `None` if the configuration names another one.
    pub(super) files: Option<Vec<PathBuf>>,
    /// The files with attributes outside of the work tree.
    attributes: Vec<PathBuf>,
}

impl Plain {
    /// Returns `None` if git has to be asked about the work tree at `root`, a path without links.
    pub(super) fn of(root: &Path) -> Option<Plain> {
        let directory = root.join(".git");
        let is_directory = directory.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        if !is_directory || UNUSUAL_FILES.iter().any(|name| directory.join(name).symlink_metadata().is_ok()) {
            return None;
        }
        if std::env::vars_os().any(|(name, _)| names_configuration(&name)) {
            return None;
        }
        let installations = installations()?;
        let of_system =
            |name: &str| -> Vec<PathBuf> { installations.iter().map(|prefix| prefix.join("etc").join(name)).collect() };
        let home = PathBuf::from(std::env::var_os("HOME")?);
        let of_user = match std::env::var_os("XDG_CONFIG_HOME").filter(|value| !value.is_empty()) {
            Some(directory) => PathBuf::from(directory).join("git"),
            None => home.join(".config/git"),
        };
        if !home.is_absolute() || !of_user.is_absolute() {
            return None;
        }
        let mut files = of_system("gitconfig");
        files.extend([of_user.join("config"), home.join(".gitconfig"), directory.join("config")]);
        if !files.iter().all(|file| has_none_of(file, UNUSUAL)) {
            return None;
        }
        let mut attributes = of_system("gitattributes");
        attributes.extend([of_user.join("attributes"), directory.join("info/attributes")]);
        let names_excludes = !files.iter().all(|file| has_none_of(file, EXCLUDES));
        files.extend(attributes.iter().cloned());
        files.push(of_user.join("ignore"));
        Some(Plain { files: (!names_excludes).then_some(files), attributes })
    }

    /// Returns `true` unless no attribute can convert any file of the index, whose names are below `root`.
    pub(super) fn may_convert<'a>(&self, root: &Path, names: impl Iterator<Item = &'a OsStr>) -> bool {
        let mut directories = HashSet::from([OsStr::new("")]);
        for name in names {
            let mut below = name;
            while let Some((directory, file)) = split(below) {
                // Git reads attributes from the index if their file is missing, and ignores them behind links.
                if file == ATTRIBUTES && !is_file(&root.join(below)) {
                    return true;
                }
                below = directory;
                if !directories.insert(directory) {
                    break;
                }
            }
        }
        let in_tree = directories.into_iter().map(|directory| root.join(directory).join(ATTRIBUTES));
        let files: Vec<PathBuf> = self.attributes.iter().cloned().chain(in_tree).collect();
        cores::map(&files, |file| has_none_of(file, CONVERSIONS)).contains(&false)
    }
}

/// Returns the directories in which installations of git may keep `etc`: the root, and those around each program on the
/// `PATH`. The first program may be a script that starts another one.
///
/// Returns `None` outside of Linux, where git may read other files as well.
pub(super) fn installations() -> Option<BTreeSet<PathBuf>> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let mut found = BTreeSet::from([PathBuf::from("/")]);
    let path = std::env::var_os("PATH")?;
    let programs = std::env::split_paths(&path).map(|directory| directory.join("git"));
    for program in programs.filter(|program| program.is_absolute() && program.is_file()) {
        for program in [&program, &program.canonicalize().ok()?] {
            found.extend(program.parent().and_then(Path::parent).map(Path::to_owned));
        }
    }
    Some(found)
}

/// Returns `true` if the file does not exist, or contains none of the words, which are in lower case.
fn has_none_of(file: &Path, words: &[&str]) -> bool {
    let content = match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() && metadata.len() <= MAX_BYTES => fs::read(file),
        Ok(_) => return false,
        Err(error) => Err(error),
    };
    match content {
        Ok(content) => {
            let content = content.to_ascii_lowercase();
            words.iter().all(|word| !content.windows(word.len()).any(|part| part == word.as_bytes()))
        }
        Err(error) => matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

/// Returns the directory and the file name of a path as git writes it. The directory of the top level is empty.
fn split(path: &OsStr) -> Option<(&OsStr, &OsStr)> {
    let bytes = path.as_encoded_bytes();
    let (directory, file) = match bytes.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (&bytes[..slash], &bytes[slash + 1..]),
        None => (&bytes[..0], bytes),
    };
    (!bytes.is_empty()).then_some((os_str(directory).ok()?, os_str(file).ok()?))
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}

/// Returns `true` for a variable that may name a setting or a file. Two variables only remove the files of the system.
fn names_configuration(variable: &OsStr) -> bool {
    let starts = |start: &str| variable.as_encoded_bytes().starts_with(start.as_bytes());
    let only_removes = variable == "GIT_CONFIG_NOSYSTEM" || variable == "GIT_ATTR_NOSYSTEM";
    (starts("GIT_CONFIG") || starts("GIT_ATTR")) && !only_removes
}
