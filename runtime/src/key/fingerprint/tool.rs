//! The version of a program.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::unusable::Unusable;
use crate::digest::Parts;
use crate::text;

/// The limit on the time of `--version`. Programs that start a virtual machine take some seconds on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// The limit on the output of `--version`, in bytes. The output is part of each manifest.
const MAX_OUTPUT: u64 = 64 << 10;

/// Finds the program that the system would start: the first with this name in `PATH`, or the one at this path.
pub(crate) fn resolve(program: &OsStr, package: &Path) -> Option<PathBuf> {
    if Path::new(program).components().nth(1).is_some() || Path::new(program).is_absolute() {
        return Some(package.join(program));
    }
    // Other systems have other rules.
    let path = std::env::var_os("PATH").filter(|_| cfg!(unix))?;
    let or_current = |directory: PathBuf| if directory.as_os_str().is_empty() { PathBuf::from(".") } else { directory };
    let is_program = |path: &PathBuf| {
        path.metadata().is_ok_and(|metadata| metadata.is_file() && super::folder::is_executable(&metadata))
    };
    std::env::split_paths(&path).map(|directory| or_current(directory).join(program)).find(is_program)
}

/// Returns a digest of the circumstances of a start: program, current directory and environment.
///
/// Some programs choose their version by a variable or by a file in the current directory.
pub(crate) fn circumstances(program: &Path) -> String {
    // These variables differ from test to test.
    let is_of_the_run = |name: &str| ["NEXTEST", "__NEXTEST", "SMOKE_"].iter().any(|prefix| name.starts_with(prefix));
    let mut parts = Parts::default();
    parts.add(program.as_os_str().as_encoded_bytes());
    parts.add(std::env::current_dir().unwrap_or_default().as_os_str().as_encoded_bytes());
    for (name, value) in std::env::vars_os().collect::<BTreeSet<_>>() {
        if !name.to_str().is_some_and(is_of_the_run) {
            parts.add(name.as_encoded_bytes()).add(value.as_encoded_bytes());
        }
    }
    parts.finish()
}

/// Returns the output of the program's `--version`, as quoted text.
///
/// The program gets `name` as the name that it was called by, so that its output does not depend on its location.
pub(crate) fn version(program: &Path, name: &OsStr) -> Result<String, Unusable> {
    let shown = format!("`{} --version`", program.display());
    let unusable = |reason: String| Unusable {
        reason,
        help: "install a program that supports `--version`, or fix its name in `Artifact::key`".to_owned(),
    };
    let mut command = Command::new(program);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, name);
    #[cfg(not(unix))]
    let _ = name;
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| unusable(format!("{shown} cannot be started: {error}")))?;
    let printed = printed(&mut child);
    if printed.is_none() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| unusable(format!("{shown} failed: {error}")))?;
    let Some([stdout, stderr]) = printed else {
        return Err(unusable(format!("{shown} does not end within {} s", TIME_LIMIT.as_secs())));
    };
    if !status.success() {
        let line = String::from_utf8_lossy(&stderr).trim().lines().next().unwrap_or_default().to_owned();
        let detail = if line.is_empty() { line } else { format!(": {line}") };
        return Err(unusable(format!("{shown} failed with {status}{detail}")));
    }
    let printed = if stdout.trim_ascii().is_empty() { stderr } else { stdout };
    let printed = printed.trim_ascii();
    if printed.is_empty() {
        return Err(unusable(format!("{shown} prints nothing")));
    }
    if printed.len() as u64 > MAX_OUTPUT {
        return Err(unusable(format!("{shown} prints more than {MAX_OUTPUT} bytes")));
    }
    Ok(text::value(printed))
}

/// Reads both streams to their ends. Returns `None` after the time limit.
fn printed(child: &mut Child) -> Option<[Vec<u8>; 2]> {
    let stdout = child.stdout.take()?;
    let stderr = child.stderr.take()?;
    let (stdout, stderr) = (read(Box::new(stdout)), read(Box::new(stderr)));
    Some([stdout.recv_timeout(TIME_LIMIT).ok()?, stderr.recv_timeout(TIME_LIMIT).ok()?])
}

/// Reads a stream on its own thread, because a program blocks when one stream is full while the other is read.
fn read(stream: Box<dyn Read + Send>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stream.take(MAX_OUTPUT + 1).read_to_end(&mut text);
        // Fails if the receiver has timed out.
        let _ = sender.send(text);
    });
    receiver
}
