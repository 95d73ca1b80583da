//! The questions of an audit to this machine.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::audit::Machine;
use crate::key::fingerprint::tool;

/// The longest first line of a script that the kernel reads.
const FIRST_LINE: u64 = 256;

/// This machine.
#[derive(Clone, Copy, Debug)]
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn ignored(&self, repository: &Path, paths: &[PathBuf]) -> Vec<PathBuf> {
        ignored(repository, paths).unwrap_or_default()
    }

    fn has_version(&self, program: &Path) -> bool {
        tool::version(program, program.file_name().unwrap_or(program.as_os_str())).is_ok()
    }

    fn interpreter(&self, script: &Path) -> Option<PathBuf> {
        let mut line = Vec::new();
        File::open(script).ok()?.take(FIRST_LINE).read_to_end(&mut line).ok()?;
        let line = line.strip_prefix(b"#!")?;
        let line = line.split(|byte| *byte == b'\n').next()?.trim_ascii();
        let program = line.split(u8::is_ascii_whitespace).next().filter(|program| !program.is_empty())?;
        Some(PathBuf::from(String::from_utf8_lossy(program).into_owned()))
    }

    fn real(&self, path: &Path) -> Option<PathBuf> {
        path.canonicalize().ok()
    }
}

/// Returns those of the paths that git ignores. `None` if git does not answer, as in a plain folder.
fn ignored(repository: &Path, paths: &[PathBuf]) -> Option<Vec<PathBuf>> {
    // Only in the top level of a work tree does the key skip what git ignores.
    if paths.is_empty() || repository.join(".git").symlink_metadata().is_err() {
        return None;
    }
    let mut git = Command::new("git");
    git.arg("-C").arg(repository).args(["check-ignore", "-z", "--stdin"]);
    git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = git.spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    let names: Vec<u8> = paths.iter().flat_map(|path| [path.as_os_str().as_encoded_bytes(), b"\0"].concat()).collect();
    // On a thread, because git blocks when its output is not read.
    let writer = thread::spawn(move || stdin.write_all(&names));
    let output = child.wait_with_output().ok()?;
    // Git ends early if it fails.
    let _ = writer.join();
    let printed = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let printed: Vec<&[u8]> = printed.collect();
    let is_printed = |path: &&PathBuf| printed.contains(&OsStr::as_encoded_bytes(path.as_os_str()));
    Some(paths.iter().filter(is_printed).cloned().collect())
}
