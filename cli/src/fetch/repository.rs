//! git, told to look at nothing but the repository at hand.
//!
//! No configuration of the user or the system applies, no hook runs, no variable of the caller's repository leaks in,
//! and the settings written into the new repository win over the user's own later, so that `git status` there stays
//! clean. Needs git 2.29 or newer.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::FetchError;
use super::command::{Task, run};

pub(super) const NULL_DEVICE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// Plenty for a local command on a large tree and a slow disk.
const LOCAL_DEADLINE: Duration = Duration::from_mins(10);
pub(super) const MEND_GIT: &str = "git 2.29 or newer must be installed and on the PATH";

/// Appended to the `config` that `git init` writes. What `git init` itself finds out about the file system (file modes,
/// case, links) stays.
const CONFIG: &str = "\
[core]
\tautocrlf = false
\teol = lf
\tsafecrlf = false
\tprecomposeUnicode = false
\tlongPaths = true
\tattributesFile =
\tfsmonitor = false
[commit]
\tgpgSign = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
";

/// A repository under construction, or one that is there.
pub(super) struct Repository {
    directory: PathBuf,
}

impl Repository {
    /// Makes a repository of the directory `directory`, which may hold files already.
    pub(super) fn init(directory: &Path) -> Result<Self, FetchError> {
        let repository = Repository::at(directory);
        fs::create_dir_all(directory).map_err(FetchError::io("create", directory))?;
        repository.run(&["init", "--quiet", "--object-format=sha1", "--initial-branch=main", "--template=", "."])?;
        let config = directory.join(".git/config");
        let append = File::options().append(true).open(&config);
        append.and_then(|mut file| file.write_all(CONFIG.as_bytes())).map_err(FetchError::io("write", &config))?;
        Ok(repository)
    }

    pub(super) fn at(directory: &Path) -> Self {
        Repository { directory: directory.to_owned() }
    }

    /// Runs git on this repository and returns what it printed.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<String, FetchError> {
        let mut command = self.git();
        command.args(arguments);
        self.finish(command, arguments)
    }

    /// Runs git on this repository with a few variables more.
    pub(super) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Result<String, FetchError> {
        let mut command = self.git();
        command.envs(variables.iter().copied()).args(arguments);
        self.finish(command, arguments)
    }

    /// The full commit that is checked out.
    pub(super) fn head(&self) -> Result<String, FetchError> {
        Ok(self.run(&["rev-parse", "--verify", "HEAD^{commit}"])?.trim().to_owned())
    }

    /// An error unless the files are those of the commit.
    pub(super) fn check_clean(&self) -> Result<(), FetchError> {
        let status = self.run(&["status", "--porcelain", "--untracked-files=all"])?;
        if status.is_empty() { Ok(()) } else { Err(FetchError::NotClean { path: self.directory.clone(), status }) }
    }

    fn finish(&self, command: Command, arguments: &[&str]) -> Result<String, FetchError> {
        let action = format!("run git {} in {}", arguments[0], self.directory.display());
        run(command, &Task { action: &action, deadline: LOCAL_DEADLINE, mend: MEND_GIT })
    }

    fn git(&self) -> Command {
        let mut command = git(|_| false);
        let nothing = self.directory.join(".git");
        command.current_dir(&self.directory);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", NULL_DEVICE);
        // git before 2.32 does not know `GIT_CONFIG_GLOBAL`: no configuration is found here either.
        command.env("HOME", &nothing).env("XDG_CONFIG_HOME", &nothing);
        // The directory is ours, whatever owner a container's file system shows.
        command.args(["-c", "safe.directory=*"]);
        command.args(["-c", &format!("core.hooksPath={NULL_DEVICE}")]);
        command
    }
}

/// `git` without the `GIT_…` variables that `keep` does not want, and with its messages in English.
pub(super) fn git(keep: impl Fn(&str) -> bool) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("GIT_") && !keep(&name) {
            command.env_remove(&*name);
        }
    }
    command.env("LC_ALL", "C").env_remove("LANGUAGE");
    command
}
