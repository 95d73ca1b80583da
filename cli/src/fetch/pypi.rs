//! Source distributions from the Python package index.
//!
//! `pip download --no-binary :all:` would run each package's build backend to learn its dependencies: minutes for
//! scikit-learn, and foreign code. unearth looks releases up as pip does and downloads them, no more.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

use super::command::{Task, run};
use super::unpack::{LIMITS, unpack};
use super::workshop::Workshop;
use super::{FetchError, commit, hexadecimal};

/// Needs Python 3.10 or newer.
const UNEARTH: &str = "0.19.0";
const DOWNLOAD: &str = include_str!("download.py");
const DEADLINE: Duration = Duration::from_mins(10);
const MEND_PYTHON: &str = "Python 3.10 or newer with its venv module is needed: on Debian and Ubuntu \
                           `apt-get install python3 python3-venv`";
const MEND_INSTALL: &str = "check the network and pip's settings (`pip config list`); Python must be 3.10 or newer";
const MEND_INDEX: &str = "check the network, pip's settings (`pip config list`) and the requirement";

/// A program that is given a requirement and a directory, and answers with `{"path": …}`.
pub(super) struct Downloader {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
}

/// Fails unless `requirement` is a name and a version with `==` between them, and `sha256` a digest.
pub(super) fn check(requirement: &str, sha256: Option<&str>) -> Result<(), FetchError> {
    let word = |text: &str, more: &str| {
        text.starts_with(|char: char| char.is_ascii_alphanumeric())
            && text.chars().all(|char| char.is_ascii_alphanumeric() || more.contains(char))
    };
    let refuse = |text: &str, reason| Err(FetchError::Source { text: text.to_owned(), reason });
    match requirement.split_once("==") {
        Some((name, version)) if word(name.trim(), "-_.") && word(version.trim(), "-_.+!") => {}
        _ => return refuse(requirement, "only one exact version can be fetched, such as Django==5.2.8"),
    }
    match sha256 {
        Some(digest) if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            refuse(digest, "a SHA-256 is 64 hexadecimal digits")
        }
        _ => Ok(()),
    }
}

/// What came of a download.
pub(super) struct Distribution {
    /// The full id of the commit made of it.
    pub(super) revision: String,
    /// The SHA-256 of the downloaded file.
    pub(super) sha256: String,
}

/// Downloads `requirement`, and makes a repository of it in the new directory `directory`, using `scratch`.
pub(super) fn fetch(
    requirement: &str,
    sha256: Option<&str>,
    directory: &Path,
    scratch: &Path,
    downloader: &Downloader,
    progress: &ProgressBar,
) -> Result<Distribution, FetchError> {
    progress.set_message(format!("downloading {requirement}"));
    let archive = downloader.download(requirement, &scratch.join("download"))?;
    let file = archive.file_name().unwrap_or(archive.as_os_str()).to_string_lossy().into_owned();
    let found = digest(&archive)?;
    match sha256 {
        Some(expected) if !expected.eq_ignore_ascii_case(&found) => {
            return Err(FetchError::Digest { file, expected: expected.to_owned(), found });
        }
        Some(_) => {}
        None => tell(progress, &format!("{requirement}: to pin {file}, add sha256 = \"{found}\"")),
    }
    if !file.ends_with(".tar.gz") {
        return Err(FetchError::ArchiveKind { file });
    }
    let unpacked = unpack(&archive, directory, LIMITS, progress)?;
    if unpacked.links_left_out > 0 {
        tell(progress, &format!("{requirement}: {} symbolic links left out", unpacked.links_left_out));
    }
    progress.set_message("committing");
    let revision = commit::commit(directory, &unpacked.executables)?;
    Ok(Distribution { revision, sha256: found })
}

impl Downloader {
    /// unearth in an environment of its own, made in the workshop when it is not there.
    pub(super) fn installed(workshop: &Workshop, scratch: &Path, progress: &ProgressBar) -> Result<Self, FetchError> {
        let name = format!("venv-unearth-{UNEARTH}");
        let environment = workshop.path().join(&name);
        let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
        let waiting = "waiting for another process that makes the downloader's environment";
        let _turn = workshop.lock(&name, waiting, progress)?;
        // The interpreter is a link on most systems, and dangles once the system's Python is replaced.
        if !environment.join(".complete").exists() || !python.exists() {
            progress.set_message("making the downloader's environment");
            make(&environment, &python)?;
        }
        let script = scratch.join("download.py");
        fs::write(&script, DOWNLOAD).map_err(FetchError::io("write", &script))?;
        // -I: nothing of the user's own Python setup, nothing from the current directory.
        let arguments = vec!["-I".into(), "-X".into(), "utf8".into(), script.into()];
        Ok(Downloader { program: python, arguments })
    }

    fn download(&self, requirement: &str, directory: &Path) -> Result<PathBuf, FetchError> {
        fs::create_dir_all(directory).map_err(FetchError::io("create", directory))?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(requirement).arg(directory).current_dir(directory);
        let action = format!("download {requirement}");
        let answer = run(command, &Task { action: &action, deadline: DEADLINE, mend: MEND_INDEX })?;
        let path = answer.lines().last().and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        match path.as_ref().and_then(|answer| answer["path"].as_str()) {
            Some(path) => Ok(directory.join(path)),
            None => Err(FetchError::Answer { action, answer }),
        }
    }
}

/// Makes the environment where it will be used: environments cannot be moved. The marker comes last, so that one whose
/// making was interrupted is made anew.
fn make(environment: &Path, python: &Path) -> Result<(), FetchError> {
    match fs::remove_dir_all(environment) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(FetchError::io("remove", environment)(error));
        }
        _ => {}
    }
    let action = format!("make the downloader's environment {}", environment.display());
    let task = Task { action: &action, deadline: DEADLINE, mend: MEND_PYTHON };
    let venv = |program: &str| {
        let mut command = Command::new(program);
        command.args(["-I", "-m", "venv"]).arg(environment);
        run(command, &task)
    };
    // Windows has `python` alone; where neither is there, the error is about `python3`.
    let missing = |made: &Result<String, FetchError>| matches!(made, Err(FetchError::Start { .. }));
    let made = venv("python3");
    let other = if missing(&made) { Some(venv("python")).filter(|other| !missing(other)) } else { None };
    other.unwrap_or(made)?;

    let action = format!("install unearth {UNEARTH} into {}", environment.display());
    let mut command = Command::new(python);
    command.args(["-I", "-X", "utf8", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    // Wheels alone: a source distribution would run its build backend.
    command.args(["--only-binary=:all:", &format!("unearth=={UNEARTH}")]);
    run(command, &Task { action: &action, deadline: DEADLINE, mend: MEND_INSTALL })?;
    let marker = environment.join(".complete");
    fs::write(&marker, "").map_err(FetchError::io("write", &marker))
}

/// Says `text` above the progress bar, and all the same where there is none to be seen, as in a log.
fn tell(progress: &ProgressBar, text: &str) {
    if progress.is_hidden() { eprintln!("{text}") } else { progress.println(text) }
}

fn digest(archive: &Path) -> Result<String, FetchError> {
    let mut file = File::open(archive).map_err(FetchError::io("open", archive))?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer).map_err(FetchError::io("read", archive))? {
            0 => return Ok(hexadecimal(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests;
