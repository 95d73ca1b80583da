//! The directories that the processes of one user on one machine work in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::process::Run;
use crate::{clean_environment, subject};

/// Directories below one root, and processes that know no others.
///
/// ```text
/// ROOT/project/smoke.toml
/// ROOT/home/
/// ROOT/cache/               made by the first process that needs it
/// ROOT/log                  what artifacts did, a line each
/// ```
pub(crate) struct Directories {
    root: PathBuf,
    owner: Arc<TempDir>,
    runs: AtomicU32,
}

impl Directories {
    /// Creates `project` and `home` below `root`, which is in the temporary directory `owner`, or that itself.
    pub(crate) fn create(root: PathBuf, owner: Arc<TempDir>) -> Directories {
        for name in ["project", "home"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        Directories { root, owner, runs: AtomicU32::new(0) }
    }

    /// Returns the temporary directory, which exists as long as a reference to it.
    pub(crate) fn owner(&self) -> Arc<TempDir> {
        Arc::clone(&self.owner)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// Writes `smoke.toml`: `head`, and a repository `bookshop`.
    pub(crate) fn write_smoke_toml(&self, head: &str, repo: &Path) {
        let text = format!("{head}\n[repos.bookshop]\npath = '{}'\n", repo.display());
        fs::write(self.project().join("smoke.toml"), text).unwrap();
    }

    /// Points `command` to these directories, and to no others.
    pub(crate) fn prepare(&self, command: &mut Command, run: &str) {
        clean_environment(command);
        command
            .env("HOME", self.root.join("home"))
            .env("CARGO_MANIFEST_DIR", self.project())
            .env("SMOKE_CACHE_DIR", self.cache())
            .env("SMOKE_RUN_ID", run)
            .env(subject::LOG, self.log())
            .stdin(Stdio::null());
    }

    /// Returns the id of a run that no process has had yet.
    pub(crate) fn new_run(&self) -> String {
        format!("run-{}", self.runs.fetch_add(1, Ordering::Relaxed))
    }

    /// Prepares a process of the run `id` that runs a test of this executable's module `subject`.
    pub(crate) fn run(&self, id: &str, test: &str) -> Run<'_> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([&format!("subject::{test}"), "--exact", "--ignored", "--nocapture"]);
        self.prepare(&mut command, id);
        Run::new(self, command, id)
    }

    /// Removes the log, and returns its lines, sorted.
    pub(crate) fn take_log(&self) -> Vec<String> {
        let mut lines = take_lines(&self.log());
        lines.sort();
        lines
    }
}

/// Removes a file, and returns its lines; none if it does not exist.
pub(crate) fn take_lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let _ = fs::remove_file(path);
    text.lines().map(str::to_owned).collect()
}
