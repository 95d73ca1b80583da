//! The state of a git work tree: one `git status`, and the content of what it lists.

mod sources;

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub(super) use sources::sources;

use super::{Parts, RepoState, folder};
use crate::error::Error;

/// The configuration that could hide a change from `git status` is overruled: a file system monitor that is wrong,
/// comparing fewer fields of `stat`, ignoring the executable bit, or taking files for links, where the file system has both.
const CONFIGURATION: &[&str] = &[
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.checkStat=default",
    "-c",
    "core.trustctime=true",
    #[cfg(unix)]
    "-c",
    #[cfg(unix)]
    "core.fileMode=true",
    #[cfg(unix)]
    "-c",
    #[cfg(unix)]
    "core.symlinks=true",
];

const STATUS: &[&str] = &[
    "status",
    "--porcelain=v2",
    "-z",
    "--branch",
    "--no-ahead-behind",
    "--no-renames",
    "--untracked-files=all",
    "--ignore-submodules=none",
];

/// `git status` is silent about files that it was told to take for unchanged, about those left out of a sparse checkout, and
/// about submodules that were never checked out.
const TAGGED: &[&str] = &["ls-files", "-v", "--stage", "-z"];
/// The mode of a submodule in the index.
const SUBMODULE: &[u8] = b"160000";

/// How many fields come before the path in a line of porcelain version 2, by the line's first letter
/// (git-status(1), "Porcelain Format Version 2").
fn fields_before_path(kind: u8) -> Option<usize> {
    match kind {
        b'1' => Some(8),
        b'u' => Some(10),
        b'?' => Some(1),
        _ => None,
    }
}

pub(super) fn state(path: &Path) -> Result<RepoState, Error> {
    let output = run(path, STATUS)?;
    let mut commit = "unborn".to_owned();
    let mut parts = Parts::default();
    let mut differs = false;
    for line in output.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        if let Some(oid) = line.strip_prefix(b"# branch.oid ") {
            if oid != b"(initial)" {
                commit = String::from_utf8_lossy(oid).into_owned();
            }
        } else if line[0] != b'#' {
            differs = true;
            // The line itself holds the index's modes and object ids, and a submodule's flags.
            parts.add(line);
            let before = fields_before_path(line[0]).ok_or_else(|| unexpected(path, line))?;
            let name =
                line.splitn(before + 1, |byte| *byte == b' ').nth(before).ok_or_else(|| unexpected(path, line))?;
            add_work_tree(&mut parts, path, os_str(name)?)?;
        }
    }
    for entry in &tagged(&run(path, TAGGED)?, path)? {
        if entry.is_overlooked() || (entry.is_submodule() && submodule_differs(&path.join(entry.name))?) {
            differs = true;
            parts.add(entry.line);
            add_work_tree(&mut parts, path, entry.name)?;
        }
    }
    Ok(RepoState { commit, difference: differs.then(|| parts.finish()) })
}

/// Whether what is at a submodule's place is not what `git status` takes it for: it was never checked out, or something in it
/// was edited behind git's back.
fn submodule_differs(path: &Path) -> Result<bool, Error> {
    if path.join(".git").symlink_metadata().is_err() {
        return Ok(true);
    }
    Ok(RepoState::of(path)?.difference.is_some())
}

/// Adds what the work tree holds at `name`: `git status` tells *that* it differs, and says the same after every
/// further edit.
fn add_work_tree(parts: &mut Parts, root: &Path, name: &OsStr) -> Result<(), Error> {
    let path = root.join(name);
    // What is behind a link is not in the work tree.
    let is_behind_a_link = path.ancestors().skip(1).take_while(|above| *above != root).any(Path::is_symlink);
    match path.symlink_metadata() {
        _ if is_behind_a_link => {
            parts.add("absent");
            Ok(())
        }
        // A submodule, or a repository of its own that is not tracked.
        Ok(metadata) if metadata.is_dir() => {
            parts.add("repository").add(RepoState::of(&path)?.value());
            Ok(())
        }
        Ok(metadata) => folder::add_file(parts, &path, &metadata),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            parts.add("absent");
            Ok(())
        }
        Err(error) => Err(Error::io("look at", &path)(error)),
    }
}

/// A line of `git ls-files -v --stage`.
struct Tagged<'a> {
    line: &'a [u8],
    name: &'a OsStr,
}

impl Tagged<'_> {
    /// Lower case: assumed to be unchanged; S: not to be in the work tree; H: a file that git looks at.
    fn is_overlooked(&self) -> bool {
        self.line[0].is_ascii_lowercase() || self.line[0] == b'S'
    }

    fn is_submodule(&self) -> bool {
        self.line[2..].starts_with(SUBMODULE)
    }
}

/// Takes apart "H 100644 0123… 0\tpath", for each path in the index.
fn tagged<'a>(printed: &'a [u8], path: &Path) -> Result<Vec<Tagged<'a>>, Error> {
    let lines = printed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    let tagged = lines.map(|line| {
        let tab = line.iter().position(|byte| *byte == b'\t').ok_or_else(|| unexpected(path, line))?;
        Ok(Tagged { line, name: os_str(&line[tab + 1..])? })
    });
    tagged.collect()
}

/// What git prints; the first of `arguments` is its command.
fn run(path: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let output = output(path, arguments)?;
    // Where it may not look, it says so, and goes on as if nothing were there.
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() && !said.contains("Permission denied") {
        return Ok(output.stdout);
    }
    Err(failed(path, arguments, said))
}

/// As [`run`], where git ends with 1 if it finds nothing.
fn run_or_nothing(path: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let output = output(path, arguments)?;
    match output.status.code() {
        Some(0 | 1) => Ok(output.stdout),
        _ => Err(failed(path, arguments, String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}

fn output(path: &Path, arguments: &[&str]) -> Result<Output, Error> {
    let mut command = Command::new("git");
    command.arg("-C").arg(path).args(CONFIGURATION).args(arguments).stdin(Stdio::null()).env("LC_ALL", "C");
    // Inside a git hook, or `git rebase --exec cargo test`, these point at another repository.
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_COMMON_DIR",
        "GIT_PREFIX",
        "GIT_NAMESPACE",
        // What `git config` alone would read instead of the configuration.
        "GIT_CONFIG",
    ] {
        command.env_remove(name);
    }
    // A commit is what it says, whatever `git replace` puts in its place.
    command.env("GIT_NO_REPLACE_OBJECTS", "1");
    // Looking must not write: another git may be at work in the same repository.
    let output = command.env("GIT_OPTIONAL_LOCKS", "0").output();
    output.map_err(|error| failed(path, arguments, format!("{error}; is git installed and on the PATH?")))
}

fn failed(path: &Path, arguments: &[&str], message: String) -> Error {
    Error::Git { path: path.to_owned(), command: arguments[0].to_owned(), message }
}

fn unexpected(path: &Path, line: &[u8]) -> Error {
    let message = format!("it printed a line that is not understood: {}", String::from_utf8_lossy(line));
    Error::Git { path: path.to_owned(), command: "status".to_owned(), message }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere a name can be wrong")]
pub(super) fn os_str(bytes: &[u8]) -> Result<&OsStr, Error> {
    Ok(std::os::unix::ffi::OsStrExt::from_bytes(bytes))
}

#[cfg(not(unix))]
pub(super) fn os_str(bytes: &[u8]) -> Result<&OsStr, Error> {
    std::str::from_utf8(bytes).map(OsStr::new).map_err(|_| {
        Error::Message(format!("a path in the output of git is not UTF-8: {}", String::from_utf8_lossy(bytes)))
    })
}
