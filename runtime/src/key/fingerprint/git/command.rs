//! Runs git so that it answers for one directory, and so that no configuration hides a change.

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::error::Error;
use crate::paths;

/// Overrides settings that could hide a change from `git status`: a wrong file system monitor or list of untracked
/// files, fewer compared fields of `stat`, an ignored executable bit, and files in place of links.
const CONFIGURATION: &[&str] = &[
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.checkStat=default",
    "core.trustctime=true",
    "submodule.recurse=false",
    #[cfg(unix)]
    "core.fileMode=true",
    #[cfg(unix)]
    "core.symlinks=true",
];

/// Variables that may point at another repository, for example inside a git hook or `git rebase --exec cargo test`.
const OTHER_REPOSITORY: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    // Git reads attributes from there instead of the work tree.
    "GIT_ATTR_SOURCE",
    // `git config` alone would read this file instead of the configuration.
    "GIT_CONFIG",
];

/// Warnings after which git continues as if an unreadable file did not exist.
const UNREADABLE: &[&str] = &["Permission denied", "could not open directory"];

/// Fails unless git reports `root`, a path without links, as the top level of a work tree.
///
/// With a broken `.git`, or one that belongs to another work tree, git answers for another directory.
pub(super) fn expect_answers_for(root: &Path) -> Result<(), Error> {
    const TOP_LEVEL: &[&str] = &["rev-parse", "--show-toplevel"];
    let output = output(root, TOP_LEVEL)?;
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if !output.status.success() {
        // git explains how to trust the directory.
        let is_not_trusted = stderr.contains("safe.directory");
        let help = if is_not_trusted { String::new() } else { clone_again(root) };
        return Err(failed(root, TOP_LEVEL, stderr + &help));
    }
    let printed = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
    let answered = Path::new(os_str(printed)?);
    if paths::real(answered).is_ok_and(|answered| answered == root) {
        return Ok(());
    }
    let message =
        format!("git answers for {} because of the `.git` in this directory{}", answered.display(), clone_again(root));
    Err(failed(root, TOP_LEVEL, message))
}

fn clone_again(root: &Path) -> String {
    format!("\nhelp: replace {} with a new clone", root.display())
}

/// Returns the output of git. The first of `arguments` is its command.
pub(super) fn run(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    expect_success(root, arguments, output(root, arguments)?)
}

/// Runs a command that reads from its standard input. Otherwise as [`run`].
pub(super) fn run_with_input(root: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, Error> {
    let not_started = |error| not_started(root, arguments, error);
    let mut command = command(root, arguments);
    // A missing object in a partial clone is an answer; git must not fetch it.
    command.env("GIT_NO_LAZY_FETCH", "1");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(not_started)?;
    let stdin = child.stdin.take();
    // On a thread, because git prints before it has read everything.
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            if let Some(mut stdin) = stdin {
                // If git stops reading, its exit status has the reason.
                let _ = stdin.write_all(input);
            }
        });
        child.wait_with_output()
    });
    expect_success(root, arguments, output.map_err(not_started)?)
}

/// Runs a command that exits with 1 if it finds nothing. Otherwise as [`run`].
pub(super) fn run_or_nothing(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let output = output(root, arguments)?;
    match output.status.code() {
        Some(0 | 1) => Ok(output.stdout),
        _ => Err(failed(root, arguments, String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}

fn expect_success(root: &Path, arguments: &[&str], output: Output) -> Result<Vec<u8>, Error> {
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() && !stderr.lines().any(|line| skips_a_file(root, line)) {
        return Ok(output.stdout);
    }
    Err(failed(root, arguments, stderr))
}

/// Returns `true` for a warning that git cannot read a file of the work tree.
///
/// Git also warns about its own configuration, for example in a home directory that belongs to another user. It quotes
/// files of the work tree by relative paths, and those of its configuration by absolute ones.
fn skips_a_file(root: &Path, line: &str) -> bool {
    let named = line.split('\'').nth(1).map(Path::new);
    UNREADABLE.iter().any(|warning| line.contains(warning))
        && named.is_none_or(|path| path.is_relative() || path.starts_with(root))
}

pub(super) fn output(root: &Path, arguments: &[&str]) -> Result<Output, Error> {
    command(root, arguments).output().map_err(|error| not_started(root, arguments, error))
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(root);
    for setting in CONFIGURATION {
        command.args(["-c", setting]);
    }
    if is_case_sensitive(root) {
        // Otherwise git would not list `A.txt` beside a tracked `a.txt`.
        command.args(["-c", "core.ignoreCase=false"]);
    }
    command.args(arguments).stdin(Stdio::null()).env("LC_ALL", "C");
    for name in OTHER_REPOSITORY {
        command.env_remove(name);
    }
    // With a broken `.git`, git must not find the repository around it.
    command.env("GIT_CEILING_DIRECTORIES", root.parent().unwrap_or(root));
    // The key names the commit itself, and not what `git replace` puts in its place.
    command.env("GIT_NO_REPLACE_OBJECTS", "1");
    // Must not write: another git may work in the same repository.
    command.env("GIT_OPTIONAL_LOCKS", "0");
    command
}

/// Returns `true` if the file system distinguishes `.git` from `.GIT`.
fn is_case_sensitive(root: &Path) -> bool {
    let has_that_name = |entry: fs::DirEntry| entry.file_name() == ".GIT";
    root.join(".GIT").symlink_metadata().is_err()
        || fs::read_dir(root).is_ok_and(|entries| entries.flatten().any(has_that_name))
}

fn not_started(root: &Path, arguments: &[&str], error: std::io::Error) -> Error {
    let is_missing = error.kind() == ErrorKind::NotFound;
    let help = if is_missing { "\nhelp: install git, or put it on the PATH" } else { "" };
    failed(root, arguments, format!("it cannot be started: {error}{help}"))
}

fn failed(root: &Path, arguments: &[&str], message: String) -> Error {
    Error::Git { path: PathBuf::from(root), command: arguments[0].to_owned(), message }
}

pub(super) fn unexpected(root: &Path, arguments: &[&str], line: &[u8]) -> Error {
    failed(root, arguments, format!("it printed an unexpected line: {}", String::from_utf8_lossy(line)))
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "on other systems a name can be invalid")]
pub(in crate::key::fingerprint) fn os_str(bytes: &[u8]) -> Result<&OsStr, Error> {
    Ok(std::os::unix::ffi::OsStrExt::from_bytes(bytes))
}

#[cfg(not(unix))]
pub(in crate::key::fingerprint) fn os_str(bytes: &[u8]) -> Result<&OsStr, Error> {
    std::str::from_utf8(bytes).map(OsStr::new).map_err(|_| {
        Error::Message(format!("a path in the output of git is not UTF-8: {}", String::from_utf8_lossy(bytes)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_warnings_about_the_work_tree_skip_a_file() {
        // As git prints absolute paths on Windows.
        let drive = if cfg!(windows) { "C:" } else { "" };
        let skips =
            |line: &str| skips_a_file(Path::new(&format!("{drive}/r")), &line.replace("'/", &format!("'{drive}/")));
        for line in [
            "warning: could not open directory 'sub/': Permission denied",
            "warning: unable to access 'sub/.gitattributes': Permission denied",
            "warning: unable to access '/r/.gitignore': Permission denied",
            "error: something else: Permission denied",
        ] {
            assert!(skips(line), "{line}");
        }
        for line in [
            "warning: unable to access '/root/.config/git/attributes': Permission denied",
            "warning: LF will be replaced by CRLF in 'a.txt'",
            "",
        ] {
            assert!(!skips(line), "{line}");
        }
    }
}
