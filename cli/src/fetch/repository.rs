//! Local git repositories, without any influence from outside.
//!
//! No configuration of the user or the system applies, no hook runs, and no variable of the caller's repository is
//! passed on. The settings in a new repository take precedence over the user's own later, so that `git status` stays
//! clean there. Needs git 2.29 or newer.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use fs_err::{self as fs, File};

use super::command::{Task, run, tail};

pub(super) const NULL_DEVICE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// Long enough for a local command on a large tree and a slow disk.
const LOCAL_DEADLINE: Duration = Duration::from_mins(10);
const HELP: &str = "git 2.29 or newer must be installed and on the PATH";

/// Appended to the `config` that `git init` writes. The properties of the file system that `git init` detects (file
/// modes, case, links) stay.
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

/// A handle to a repository.
pub(super) struct Repository {
    directory: PathBuf,
}

impl Repository {
    /// Creates a repository in a directory, which may contain files.
    pub(super) fn init(directory: &Path) -> Result<Repository> {
        let repository = Repository::at(directory);
        fs::create_dir_all(directory)?;
        repository.run(&["init", "--quiet", "--object-format=sha1", "--initial-branch=main", "--template=", "."])?;
        File::options().append(true).open(directory.join(".git/config"))?.write_all(CONFIG.as_bytes())?;
        Ok(repository)
    }

    pub(super) fn at(directory: &Path) -> Repository {
        Repository { directory: directory.to_owned() }
    }

    /// Runs git, and returns its output.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<String> {
        self.run_with(&[], arguments)
    }

    /// Runs git with additional variables.
    pub(super) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Result<String> {
        let action = format!("run git {} in {}", arguments[0], self.directory.display());
        self.run_as(&Task { action: &action, deadline: LOCAL_DEADLINE, help: HELP }, variables, arguments)
    }

    /// Runs git for a given task, which an error names.
    pub(super) fn run_as(&self, task: &Task<'_>, variables: &[(&str, &str)], arguments: &[&str]) -> Result<String> {
        let mut command = git(|_| false);
        let nothing = self.directory.join(".git");
        command.current_dir(&self.directory);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", NULL_DEVICE);
        // git before 2.32 ignores `GIT_CONFIG_GLOBAL`. It finds no configuration here either.
        command.env("HOME", &nothing).env("XDG_CONFIG_HOME", &nothing);
        // In a container the file system may report another owner.
        command.args(["-c", "safe.directory=*"]);
        command.args(["-c", &format!("core.hooksPath={NULL_DEVICE}")]);
        command.envs(variables.iter().copied()).args(arguments);
        run(command, task)
    }

    /// Returns the full id of the commit that is checked out.
    pub(super) fn head(&self) -> Result<String> {
        Ok(self.run(&["rev-parse", "--verify", "HEAD^{commit}"])?.trim().to_owned())
    }

    /// Fails if the files differ from the commit.
    pub(super) fn check_clean(&self) -> Result<()> {
        let status = self.run(&["status", "--porcelain", "--untracked-files=all"])?;
        if !status.is_empty() {
            bail!(
                "failed to commit {}: the file system changed written files, so the commit would differ on other machines{}",
                self.directory.display(),
                tail(&status)
            );
        }
        Ok(())
    }
}

/// Returns the command `git`, with messages in English, and without the `GIT_…` variables that `keep` refuses.
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
