//! Running git so that it answers for one directory, and so that no configuration hides a change.

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::error::Error;

/// The configuration that could hide a change from `git status` is overruled: a file system monitor or a list of
/// untracked files that is wrong, comparing fewer fields of `stat`, ignoring the executable bit, or taking files for
/// links, where the file system has both.
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

/// Inside a git hook, or `git rebase --exec cargo test`, these point at another repository.
const ELSEWHERE: &[&str] = &[
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
    // Where attributes are read instead of the work tree.
    "GIT_ATTR_SOURCE",
    // What `git config` alone would read instead of the configuration.
    "GIT_CONFIG",
];

/// Warnings after which git goes on as if what it cannot read were not there.
const LEFT_OUT: &[&str] = &["Permission denied", "could not open directory"];

/// Fails unless git takes `root`, a path without links, for the top level of a work tree. A `.git` that is broken or
/// belongs to another work tree would have it answer for another directory, whose state says nothing about this one.
pub(super) fn expect_answers_for(root: &Path) -> Result<(), Error> {
    const TOP_LEVEL: &[&str] = &["rev-parse", "--show-toplevel"];
    let output = output(root, TOP_LEVEL)?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if !output.status.success() {
        // git explains how to trust the directory.
        let is_not_trusted = said.contains("safe.directory");
        let help = if is_not_trusted { String::new() } else { clone_anew(root) };
        return Err(failed(root, TOP_LEVEL, said + &help));
    }
    let printed = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
    let answered = Path::new(os_str(printed)?);
    if answered.canonicalize().is_ok_and(|answered| answered == root) {
        return Ok(());
    }
    let message =
        format!("git answers for {} because of the `.git` that is there{}", answered.display(), clone_anew(root));
    Err(failed(root, TOP_LEVEL, message))
}

fn clone_anew(root: &Path) -> String {
    format!("\nhelp: replace {} with a new clone", root.display())
}

/// Returns what git prints; the first of `arguments` is its command.
pub(super) fn run(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    expect_success(root, arguments, output(root, arguments)?)
}

/// As [`run`], for a command that reads from its standard input.
pub(super) fn run_with_input(root: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, Error> {
    let not_started = |error| not_started(root, arguments, error);
    let mut command = command(root, arguments);
    // In a partial clone, an object that is not there is an answer, too.
    command.env("GIT_NO_LAZY_FETCH", "1");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(not_started)?;
    let stdin = child.stdin.take();
    // It prints before it has read everything.
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            if let Some(mut stdin) = stdin {
                // If it stops reading, its exit status says why.
                let _ = stdin.write_all(input);
            }
        });
        child.wait_with_output()
    });
    expect_success(root, arguments, output.map_err(not_started)?)
}

/// As [`run`], where git ends with 1 if it finds nothing.
pub(super) fn run_or_nothing(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let output = output(root, arguments)?;
    match output.status.code() {
        Some(0 | 1) => Ok(output.stdout),
        _ => Err(failed(root, arguments, String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}

fn expect_success(root: &Path, arguments: &[&str], output: Output) -> Result<Vec<u8>, Error> {
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() && !said.lines().any(|line| leaves_out_a_file(root, line)) {
        return Ok(output.stdout);
    }
    Err(failed(root, arguments, said))
}

/// Returns `true` for a warning that something in the work tree cannot be read.
///
/// git also warns about its own configuration, such as that of a home directory which belongs to another user. It names
/// files of the work tree by relative paths in quotes, and those of its configuration by absolute ones.
fn leaves_out_a_file(root: &Path, line: &str) -> bool {
    let named = line.split('\'').nth(1).map(Path::new);
    LEFT_OUT.iter().any(|left_out| line.contains(left_out))
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
        // `A.txt` beside a tracked `a.txt` is another file, and would not be listed.
        command.args(["-c", "core.ignoreCase=false"]);
    }
    command.args(arguments).stdin(Stdio::null()).env("LC_ALL", "C");
    for name in ELSEWHERE {
        command.env_remove(name);
    }
    // Where `.git` is broken, git must not find the repository around it.
    command.env("GIT_CEILING_DIRECTORIES", root.parent().unwrap_or(root));
    // A commit is what it says, whatever `git replace` puts in its place.
    command.env("GIT_NO_REPLACE_OBJECTS", "1");
    // Looking must not write: another git may be at work in the same repository.
    command.env("GIT_OPTIONAL_LOCKS", "0");
    command
}

/// Returns `true` unless `.git` is found as `.GIT` without being called so.
fn is_case_sensitive(root: &Path) -> bool {
    let is_called_so = |entry: fs::DirEntry| entry.file_name() == ".GIT";
    root.join(".GIT").symlink_metadata().is_err()
        || fs::read_dir(root).is_ok_and(|entries| entries.flatten().any(is_called_so))
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
    failed(root, arguments, format!("it printed a line that is not understood: {}", String::from_utf8_lossy(line)))
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere a name can be wrong")]
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
    fn only_warnings_about_the_work_tree_leave_out_a_file() {
        let leaves_out = |line| leaves_out_a_file(Path::new("/r"), line);
        for line in [
            "warning: could not open directory 'sub/': Permission denied",
            "warning: unable to access 'sub/.gitattributes': Permission denied",
            "warning: unable to access '/r/.gitignore': Permission denied",
            "error: something else: Permission denied",
        ] {
            assert!(leaves_out(line), "{line}");
        }
        for line in [
            "warning: unable to access '/root/.config/git/attributes': Permission denied",
            "warning: LF will be replaced by CRLF in 'a.txt'",
            "",
        ] {
            assert!(!leaves_out(line), "{line}");
        }
    }
}
