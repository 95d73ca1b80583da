//! One repository, one cache, and the processes that use them.

#[cfg(unix)]
mod other_user;
#[cfg(target_os = "linux")]
mod small_disk;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use crate::directories::Directories;
use crate::process::Run;
use crate::{files_below, git, make_pipe};

#[cfg(unix)]
pub use other_user::{give_to_another_user, is_root};
#[cfg(target_os = "linux")]
pub use small_disk::SmallDisk;

/// The variable that `.ci/platforms` sets where it has no git, as for Windows: repositories are plain directories, and
/// it skips tests about git.
const WITHOUT_GIT: &str = "TEST_WITHOUT_GIT";

/// A repository `bookshop`, a cache directory, a home and a `smoke.toml`, in a temporary directory.
///
/// The directory is removed when the sandbox, and each [`Done`](crate::Done) of its processes, is dropped.
///
/// Its processes are tests of the module `subject` of this executable.
///
/// ```text
/// repo/            the repository `bookshop`
/// project/         with smoke.toml
/// home/
/// cache/           made by the first process that needs it
/// log              what artifacts did, a line each
/// ```
pub struct Sandbox {
    directories: Directories,
}

impl Default for Sandbox {
    fn default() -> Sandbox {
        Sandbox::new()
    }
}

impl Sandbox {
    /// Creates a sandbox whose repository has one commit. With `TEST_WITHOUT_GIT` it is a plain directory.
    pub fn new() -> Sandbox {
        let sandbox = Sandbox::without_git();
        fs::write(sandbox.repo().join(".gitignore"), "*.log\n").unwrap();
        sandbox.git(&["init", "--quiet", "--initial-branch=main"]);
        sandbox.commit();
        sandbox
    }

    /// Creates a sandbox whose repository is a plain directory: git would take most of the time of a test that starts
    /// many processes.
    pub fn without_git() -> Sandbox {
        let sandbox = Sandbox::without_repository();
        fs::create_dir(sandbox.repo()).unwrap();
        fs::write(sandbox.repo().join("a.txt"), "novel of manners\n").unwrap();
        sandbox
    }

    /// Creates a sandbox whose `smoke.toml` names a repository that does not exist.
    pub fn without_repository() -> Sandbox {
        let root = Arc::new(tempfile::tempdir().unwrap());
        let sandbox = Sandbox { directories: Directories::create(root.path().to_owned(), root) };
        sandbox.write_smoke_toml("");
        sandbox
    }

    /// Writes `smoke.toml`: `head`, and the repository.
    pub fn write_smoke_toml(&self, head: &str) {
        self.directories.write_smoke_toml(head, &self.repo());
    }

    /// Returns a path below the sandbox's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directories.root().join(name)
    }

    /// Returns the directory of the repository.
    pub fn repo(&self) -> PathBuf {
        self.path("repo")
    }

    /// Returns the cache directory.
    pub fn cache(&self) -> PathBuf {
        self.directories.cache()
    }

    /// Runs git in the repository. Does nothing with `TEST_WITHOUT_GIT`.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) {
        if std::env::var_os(WITHOUT_GIT).is_none() {
            git(&self.repo(), arguments);
        }
    }

    /// Commits everything.
    pub fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a commit"]);
    }

    /// Prepares a process that runs a test of the subject, in a new run.
    pub fn run(&self, test: &str) -> Run<'_> {
        self.run_within(&self.directories.new_run(), test)
    }

    /// Prepares a process that runs a test of the subject, in the run `id`.
    pub fn run_within(&self, id: &str, test: &str) -> Run<'_> {
        self.directories.run(id, test)
    }

    /// Returns what artifacts did since the last call, sorted.
    pub fn take_log(&self) -> Vec<String> {
        self.directories.take_log()
    }

    /// Returns the builds of [`take_log`](Self::take_log).
    pub fn take_builds(&self) -> Vec<String> {
        self.take_log().into_iter().filter(|line| line.starts_with("build ")).collect()
    }

    /// Returns the files of all entries of the repository, sorted.
    pub fn entry_files(&self) -> Vec<PathBuf> {
        files_below(&self.cache().join("bookshop"))
    }

    /// Returns the files that were unpacked from the repository's entries, sorted.
    pub fn unpacked_files(&self) -> Vec<PathBuf> {
        files_below(&self.cache().join(".unpacked/bookshop"))
    }

    /// Returns the only file of all entries whose path ends with `name`.
    #[track_caller]
    pub fn entry_file(&self, name: &str) -> PathBuf {
        let mut found: Vec<PathBuf> = self.entry_files().into_iter().filter(|path| path.ends_with(name)).collect();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        found.remove(0)
    }

    /// Creates a pipe that processes of the subject wait at.
    pub fn pipe(&self) -> PathBuf {
        let path = self.path("pipe");
        make_pipe(&path);
        path
    }
}
