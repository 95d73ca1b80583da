//! Source distributions from the Python package index.
//!
//! `pip download --no-binary :all:` would run each package's build backend to learn its dependencies: minutes for
//! scikit-learn, and foreign code. unearth finds releases as pip does, and downloads them without building.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Error, Result, bail};
use cached_smoke::tooling::hex;
use fs_err::{self as fs, File};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

use super::command::{CommandError, Task, run, tail};
use super::commit::commit;
use super::fetch_dir::FetchDir;
use super::unpack::{LIMITS, unpack};

/// Needs Python 3.10 or newer.
const UNEARTH: &str = "0.19.0";
const DOWNLOAD: &str = include_str!("download.py");
const DEADLINE: Duration = Duration::from_mins(10);
const HELP_PYTHON: &str = "install Python 3.10 or newer with its venv module: on Debian and Ubuntu \
                           `apt-get install python3 python3-venv`";
const HELP_INSTALL: &str = "check the network and pip's settings (`pip config list`); Python must be 3.10 or newer";
const HELP_INDEX: &str = "check the network, pip's settings (`pip config list`) and the requirement";

/// A program that takes a requirement and a directory as arguments, and prints `{"path": …}`.
pub(super) struct Downloader {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
}

/// Fails unless `requirement` is a name and a version with `==` between them, and `sha256` a digest.
pub(super) fn check(requirement: &str, sha256: Option<&str>) -> Result<()> {
    let is_word = |text: &str, more: &str| {
        text.starts_with(|char: char| char.is_ascii_alphanumeric())
            && text.chars().all(|char| char.is_ascii_alphanumeric() || more.contains(char))
    };
    match requirement.split_once("==") {
        Some((name, version)) if is_word(name.trim(), "-_.") && is_word(version.trim(), "-_.+!") => {}
        _ => bail!("failed to fetch {requirement:?}: not a name and an exact version, such as Django==5.2.8"),
    }
    match sha256 {
        Some(digest) if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            bail!("failed to fetch {digest:?}: a SHA-256 is 64 hexadecimal digits")
        }
        _ => Ok(()),
    }
}

/// The result of a download.
pub(super) struct Distribution {
    /// The full id of the commit of its files.
    pub(super) commit: String,
    /// The SHA-256 of the downloaded file.
    pub(super) sha256: String,
}

/// Downloads `requirement`, and commits its files in the new directory `directory`. Works in `scratch`.
pub(super) fn fetch(
    requirement: &str,
    sha256: Option<&str>,
    directory: &Path,
    scratch: &Path,
    downloader: &Downloader,
    progress: &ProgressBar,
) -> Result<Distribution> {
    progress.set_message(format!("downloading {requirement}"));
    let archive = downloader.download(requirement, &scratch.join("download"))?;
    let file = archive.file_name().unwrap_or(archive.as_os_str()).to_string_lossy().into_owned();
    let found = digest(&archive)?;
    match sha256 {
        Some(expected) if !expected.eq_ignore_ascii_case(&found) => bail!(
            "refused {file}: its SHA-256 is {found} instead of {expected}; fix the pin, or, if it is right, check the index, \
             which serves another file than before"
        ),
        Some(_) => {}
        None => print(progress, &format!("{requirement}: to pin {file}, add sha256 = \"{found}\"")),
    }
    if !file.ends_with(".tar.gz") {
        bail!("failed to unpack {file}: only .tar.gz is supported; use a release that has one, or a git source");
    }
    let unpacked = unpack(&archive, directory, LIMITS, progress)?;
    if unpacked.links_skipped > 0 {
        print(progress, &format!("{requirement}: skipped {} symbolic links", unpacked.links_skipped));
    }
    progress.set_message("committing");
    Ok(Distribution { commit: commit(directory, &unpacked.executables)?, sha256: found })
}

impl Downloader {
    /// Returns unearth in its own environment, which is created in the fetch directory if it is missing.
    pub(super) fn installed(fetch_dir: &FetchDir, scratch: &Path, progress: &ProgressBar) -> Result<Downloader> {
        let name = format!("venv-unearth-{UNEARTH}");
        let environment = fetch_dir.path().join(&name);
        let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
        let waiting = "waiting for another process that creates the downloader's environment";
        let _lock = fetch_dir.lock(&name, waiting, progress)?;
        // On most systems the interpreter is a link, which dangles after an upgrade of the system's Python.
        if !environment.join(".complete").exists() || !python.exists() {
            progress.set_message("creating the downloader's environment");
            create_environment(&environment, &python)?;
        }
        let script = scratch.join("download.py");
        fs::write(&script, DOWNLOAD)?;
        // -I: ignores the user's Python packages and variables, and the current directory.
        let arguments = vec!["-I".into(), "-X".into(), "utf8".into(), script.into()];
        Ok(Downloader { program: python, arguments })
    }

    fn download(&self, requirement: &str, directory: &Path) -> Result<PathBuf> {
        fs::create_dir_all(directory)?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(requirement).arg(directory).current_dir(directory);
        let action = format!("download {requirement}");
        let answer = run(command, &Task { action: &action, deadline: DEADLINE, help: HELP_INDEX })?;
        let path = answer.lines().last().and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        match path.as_ref().and_then(|answer| answer["path"].as_str()) {
            Some(path) => Ok(directory.join(path)),
            None => bail!("failed to {action}: the downloader printed no path{}", tail(&answer)),
        }
    }
}

/// Creates the environment in its final place, because environments cannot be moved. The marker is written last, so
/// that an interrupted creation is repeated.
fn create_environment(environment: &Path, python: &Path) -> Result<()> {
    match fs::remove_dir_all(environment) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let action = format!("create the downloader's environment {}", environment.display());
    let task = Task { action: &action, deadline: DEADLINE, help: HELP_PYTHON };
    let venv = |program: &str| {
        let mut command = Command::new(program);
        command.args(["-I", "-m", "venv"]).arg(environment);
        run(command, &task)
    };
    let is_missing = |error: &Error| matches!(error.downcast_ref(), Some(CommandError::NotStarted { .. }));
    match venv("python3") {
        // Windows has `python` only. If neither exists, the error names `python3`.
        Err(error) if is_missing(&error) => {
            venv("python").map_err(|other| if is_missing(&other) { error } else { other })?;
        }
        made => drop(made?),
    }

    let action = format!("install unearth {UNEARTH} into {}", environment.display());
    let mut command = Command::new(python);
    command.args(["-I", "-X", "utf8", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    // Wheels only: a source distribution would run its build backend.
    command.args(["--only-binary=:all:", &format!("unearth=={UNEARTH}")]);
    run(command, &Task { action: &action, deadline: DEADLINE, help: HELP_INSTALL })?;
    Ok(fs::write(environment.join(".complete"), "")?)
}

/// Prints a line above the progress bar, or on standard error if the bar is hidden, as in a log.
fn print(progress: &ProgressBar, text: &str) {
    if progress.is_hidden() { eprintln!("{text}") } else { progress.println(text) }
}

fn digest(archive: &Path) -> io::Result<String> {
    let mut file = File::open(archive)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests;
