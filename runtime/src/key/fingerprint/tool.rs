//! What a program says of its version.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::input::Unusable;
use crate::digest::Parts;
use crate::text;

/// Longer than any program takes to say its version on a busy machine: those that need a virtual machine take some seconds.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// More than any version has. It is a part of each manifest.
const MAX_OUTPUT: u64 = 64 << 10;

/// The program that the system would start: the first of this name in `PATH`, or the one at this path.
pub(crate) fn resolve(program: &OsStr, package: &Path) -> Option<PathBuf> {
    if Path::new(program).components().nth(1).is_some() || Path::new(program).is_absolute() {
        return Some(package.join(program));
    }
    // Elsewhere the system has rules of its own.
    let path = std::env::var_os("PATH").filter(|_| cfg!(unix))?;
    let here = |directory: PathBuf| if directory.as_os_str().is_empty() { PathBuf::from(".") } else { directory };
    let is_program = |path: &PathBuf| {
        path.metadata().is_ok_and(|metadata| metadata.is_file() && super::folder::is_executable(&metadata))
    };
    std::env::split_paths(&path).map(|directory| here(directory).join(program)).find(is_program)
}

/// Names the circumstances in which the program would be started: under others it may be another, or say something else, as
/// those do that choose a version by a variable or by a file of the current directory.
pub(crate) fn circumstances(program: &Path) -> String {
    // These differ from test to test.
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

/// What the program prints when it is asked for its version, as text in quotes. It is called by its `name`, so that what it prints
/// of itself does not tell where it is installed.
pub(crate) fn version(program: &Path, name: &OsStr) -> Result<String, Unusable> {
    let shown = format!("`{} --version`", program.display());
    let unusable = |reason: String| Unusable {
        reason,
        help: "install a program that answers `--version`, or correct its name in `Artifact::key`".to_owned(),
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
        let said = String::from_utf8_lossy(&stderr).trim().lines().next().unwrap_or_default().to_owned();
        let said = if said.is_empty() { said } else { format!(": {said}") };
        return Err(unusable(format!("{shown} failed with {status}{said}")));
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

/// Both streams to their ends; nothing if these do not come in time.
fn printed(child: &mut Child) -> Option<[Vec<u8>; 2]> {
    let stdout = child.stdout.take()?;
    let stderr = child.stderr.take()?;
    let (stdout, stderr) = (read(stdout), read(stderr));
    Some([stdout.recv_timeout(TIME_LIMIT).ok()?, stderr.recv_timeout(TIME_LIMIT).ok()?])
}

/// On a thread of its own: a program that fills one stream waits, while the other is read.
fn read(stream: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stream.take(MAX_OUTPUT + 1).read_to_end(&mut text);
        // It goes unheard if nobody waits any more.
        let _ = sender.send(text);
    });
    receiver
}
