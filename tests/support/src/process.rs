//! Processes that tests start.

use std::ffi::OsStr;
use std::fs;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use tempfile::TempDir;

use crate::directories::Directories;
use crate::{make_pipe, subject};

/// A process that is yet to run a test of the module `subject`.
///
/// [`Sandbox::run`](crate::Sandbox::run) and [`Machine::run`](crate::Machine::run) make them.
#[must_use]
pub struct Run<'a> {
    directories: &'a Directories,
    command: Command,
    id: String,
}

/// A process that was started.
#[must_use]
pub struct Started {
    /// The process. Its two output streams are pipes.
    pub child: Child,
    id: String,
    cache: PathBuf,
    owner: Arc<TempDir>,
}

/// A process that has ended.
///
/// The trait that [`reports!`](crate::reports!) declares reads what it recorded.
pub struct Done {
    /// The process ended with status 0.
    pub passed: bool,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// The run that it belonged to.
    pub run: String,
    /// The cache directory of its sandbox or machine.
    pub cache: PathBuf,
    /// Keeps the cache until the records are read.
    _owner: Arc<TempDir>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(directories: &'a Directories, command: Command, id: &str) -> Run<'a> {
        Run { directories, command, id: id.to_owned() }
    }

    #[cfg(unix)]
    pub(crate) fn root(&self) -> &'a Path {
        self.directories.root()
    }

    #[cfg(unix)]
    pub(crate) fn program(&self) -> &OsStr {
        self.command.get_program()
    }

    pub(crate) fn command_mut(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Unsets a variable.
    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Lets libtest capture the output of the test.
    pub fn captured(self) -> Self {
        let mut command = Command::new(self.command.get_program());
        command.args(self.command.get_args().filter(|argument| *argument != "--nocapture"));
        self.with_command(command)
    }

    /// Sets the umask, by a shell that replaces itself with the process.
    pub fn under_umask(self, umask: &str) -> Self {
        self.wrapped("sh", &["-c", &format!("umask {umask} && exec \"$0\" \"$@\"")])
    }

    /// Lets `program` run the command, which becomes the last of its arguments.
    pub fn wrapped(self, program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).arg(self.command.get_program()).args(self.command.get_args());
        self.with_command(command)
    }

    /// Runs a copy of this executable instead.
    #[cfg(unix)]
    pub(crate) fn of_program(self, program: &Path) -> Self {
        let mut command = Command::new(program);
        command.args(self.command.get_args());
        self.with_command(command)
    }

    /// Runs `command` instead, in the same environment.
    pub fn with_command(mut self, mut command: Command) -> Self {
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        self.command = command;
        self.command.stdin(Stdio::null());
        self
    }

    /// Runs the process to its end.
    pub fn done(mut self) -> Done {
        let output = self.command.output().unwrap();
        Done::new(&output, self.id, self.directories.cache(), self.directories.owner())
    }

    /// Runs the process to its end and returns `true` if it passed. It has no stream that this process would have to
    /// read.
    pub fn done_without_output(mut self) -> bool {
        self.command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// Runs the process to its end.
    ///
    /// # Panics
    ///
    /// Panics if it fails.
    #[track_caller]
    pub fn passes(self) -> Done {
        let done = self.done();
        assert!(done.passed, "{}\n{}", done.stdout, done.stderr);
        done
    }

    /// Runs the process to its end.
    ///
    /// # Panics
    ///
    /// Panics if it passes.
    #[track_caller]
    pub fn fails(self) -> Done {
        let done = self.done();
        assert!(!done.passed, "{}\n{}", done.stdout, done.stderr);
        done
    }

    /// Starts the process.
    pub fn start(mut self) -> Started {
        let child = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Started { child, id: self.id, cache: self.directories.cache(), owner: self.directories.owner() }
    }

    /// Starts the process and waits until it arrives at `place`: the build of an artifact, or another that the subject
    /// passes to [`subject::wait_in`]. It goes on when the returned file is dropped.
    pub fn start_until_in(self, place: &str) -> (Started, fs::File) {
        let pipe = self.directories.root().join("pipe");
        make_pipe(&pipe);
        let started = self.env(subject::WAIT_FOR, place).env(subject::PIPE, &pipe).start();
        // Opening it waits for its other end.
        (started, fs::File::options().write(true).open(&pipe).unwrap())
    }
}

impl Started {
    /// Waits for the end of the process.
    pub fn done(self) -> Done {
        let output = self.child.wait_with_output().unwrap();
        Done::new(&output, self.id, self.cache, self.owner)
    }

    /// Kills the process with SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Done {
    fn new(output: &Output, run: String, cache: PathBuf, owner: Arc<TempDir>) -> Done {
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(!stdout.contains("running 0 tests"), "the module `subject` has no such test: {stdout}");
        Done { passed: output.status.success(), stdout, stderr, run, cache, _owner: owner }
    }

    /// Returns how many warnings the process printed.
    pub fn warnings(&self) -> usize {
        self.stderr.matches("[smoke-cache] warning:").count()
    }
}

/// Runs `command` to its end and returns its standard output.
///
/// # Panics
///
/// Panics if it fails.
#[track_caller]
pub fn passed(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", both_streams(&output));
    text(&output.stdout)
}

/// Returns the standard output of a process that must have ended with this status.
#[track_caller]
pub fn out(output: &Output, status: i32) -> String {
    assert_eq!(output.status.code(), Some(status), "{}", both_streams(output));
    text(&output.stdout)
}

/// Returns the JSON that a process printed, which must have succeeded.
#[track_caller]
pub fn json(output: &Output) -> serde_json::Value {
    serde_json::from_str(&out(output, 0)).unwrap()
}

/// Returns the standard output, followed by the standard error.
pub fn both_streams(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

/// Returns the output of a process as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
