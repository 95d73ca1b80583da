//! Files, pipes and repositories.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the files in `directory` and below it, sorted; none if it does not exist.
pub fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(directory, &mut files);
    files.sort();
    files
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// Replaces a file by one with other content, as a file system does that lost a write.
///
/// The file may be read-only: its directory belongs to this user.
pub fn tamper(path: &Path, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let content = fs::read(path).unwrap();
    fs::remove_file(path).unwrap();
    fs::write(path, change(content)).unwrap();
}

/// Creates a named pipe. Opening one end waits for the other.
pub fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Writes an executable file.
#[cfg(unix)]
pub fn write_executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    let draft = path.with_extension("draft");
    fs::write(&draft, text).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    copy_executable(&draft, path);
    fs::remove_file(draft).unwrap();
}

/// Copies an executable file.
///
/// A separate process writes the copy. If this one did, a process that another thread starts meanwhile would inherit
/// the open file, and the kernel refuses to run a file that is open for writing (`ETXTBSY`).
#[cfg(unix)]
pub fn copy_executable(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg(from).arg(to).status().unwrap().success());
}

/// Runs git in `directory`, without any configuration but that of its repository, and returns its standard output.
#[track_caller]
pub fn git(directory: &Path, arguments: &[&str]) -> String {
    let null = if cfg!(windows) { "NUL" } else { "/dev/null" };
    let mut command = Command::new("git");
    crate::clean_environment(&mut command);
    command
        .current_dir(directory)
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", null)
        .env("GIT_CONFIG_NOSYSTEM", "1");
    crate::passed(command)
}
