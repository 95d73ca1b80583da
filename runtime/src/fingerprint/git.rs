//! The state of a git work tree: one `git status`, and the content of what it lists.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Parts, RepoState, folder};
use crate::error::Error;

/// The configuration that could hide a change from `git status` is overruled: a file system monitor that is wrong,
/// comparing fewer fields of `stat`, ignoring the executable bit where the file system has one.
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

/// `git status` is silent about files that it was told to take for unchanged, and those left out of a sparse checkout.
const TAGGED: &[&str] = &["ls-files", "-v", "-z"];

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
            add_work_tree(&mut parts, &path.join(os_str(name)?))?;
        }
    }
    for entry in run(path, TAGGED)?.split(|byte| *byte == 0) {
        // "H path": a file that git looks at. Lower case: assumed to be unchanged; S: not to be in the work tree.
        let (Some(tag), Some(name)) = (entry.first(), entry.get(2..)) else { continue };
        if tag.is_ascii_lowercase() || *tag == b'S' {
            differs = true;
            parts.add(entry);
            add_work_tree(&mut parts, &path.join(os_str(name)?))?;
        }
    }
    Ok(RepoState { commit, difference: differs.then(|| parts.finish()) })
}

/// Adds what the work tree holds at `path`: `git status` tells *that* it differs, and says the same after every
/// further edit.
fn add_work_tree(parts: &mut Parts, path: &Path) -> Result<(), Error> {
    match path.symlink_metadata() {
        // A submodule, or a repository of its own that is not tracked.
        Ok(metadata) if metadata.is_dir() => {
            parts.add("repository").add(RepoState::of(path)?.value());
            Ok(())
        }
        Ok(metadata) => folder::add_file(parts, path, &metadata),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            parts.add("absent");
            Ok(())
        }
        Err(error) => Err(Error::io("look at", path)(error)),
    }
}

/// What git prints; the first of `arguments` is its command.
fn run(path: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let failed = |message: String| Error::Git { path: path.to_owned(), command: arguments[0].to_owned(), message };
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
    ] {
        command.env_remove(name);
    }
    // Looking must not write: another git may be at work in the same repository.
    let output = command
        .env("GIT_OPTIONAL_LOCKS", "0")
        .output()
        .map_err(|error| failed(format!("{error}; is git installed and on the PATH?")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

fn unexpected(path: &Path, line: &[u8]) -> Error {
    let message = format!("it printed a line that is not understood: {}", String::from_utf8_lossy(line));
    Error::Git { path: path.to_owned(), command: "status".to_owned(), message }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere a name can be wrong")]
fn os_str(bytes: &[u8]) -> Result<&OsStr, Error> {
    Ok(std::os::unix::ffi::OsStrExt::from_bytes(bytes))
}

#[cfg(not(unix))]
fn os_str(bytes: &[u8]) -> Result<&OsStr, Error> {
    std::str::from_utf8(bytes).map(OsStr::new).map_err(|_| {
        Error::Message(format!("a path in the output of git is not UTF-8: {}", String::from_utf8_lossy(bytes)))
    })
}
