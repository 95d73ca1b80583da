//! Cargo packages that depend on the crates of this workspace by path.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::directories::take_lines;
use crate::environment::clean_environment_of_cargo;

/// The path of the module that the test binaries of [`Project::with_suite`] share.
pub const SUITE: &str = "tests/suite/mod.rs";
/// The text of each test binary of [`Project::with_suite`].
pub const TESTS: &str = include_str!("project/tests.rs");

/// A cargo package with a repository called `one`, a cache directory and a home, in a temporary directory.
///
/// All projects compile into one target directory, so each dependency is compiled once for all of them.
pub struct Project {
    root: tempfile::TempDir,
}

impl Project {
    /// Creates a package without code.
    ///
    /// `name` must differ from that of each other project: cargo would mix up two packages of one name in the target
    /// directory that they share. `dependencies` are lines of the manifest.
    pub fn new(name: &str, dependencies: &str) -> Project {
        let project = Project::empty();
        for directory in ["src", "tests", "one", "home"] {
            fs::create_dir(project.path(directory)).unwrap();
        }
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\nname = \"project\"\n\n\
             [workspace]\n\n[dependencies]\ncached-smoke = {{ path = '{}' }}\n{dependencies}",
            workspace().join("runtime").display()
        );
        project.write("Cargo.toml", &manifest);
        // The versions of the workspace: nothing is downloaded.
        fs::copy(workspace().join("Cargo.lock"), project.path("Cargo.lock")).unwrap();
        project.write("one/file", "content");
        project.write("smoke.toml", "[repos.one]\npath = \"one\"\n");
        project
    }

    /// Creates an empty directory.
    pub fn empty() -> Project {
        Project { root: tempfile::tempdir().unwrap() }
    }

    /// Creates a package with two test binaries, `a` and `b`, over one artifact, `number`. Each build is a line of the
    /// log.
    pub fn with_suite(name: &str) -> Project {
        let project = Project::new(name, "");
        project.write("src/lib.rs", "pub fn number() -> u32 { 1 }\n");
        fs::create_dir(project.path("tests/suite")).unwrap();
        project.write(SUITE, include_str!("project/suite.rs"));
        project.write("tests/a.rs", TESTS);
        project.write("tests/b.rs", TESTS);
        project
    }

    /// Creates the package of [`with_suite`](Self::with_suite) with only one of its test binaries, `a`.
    pub fn with_one_binary(name: &str) -> Project {
        let project = Project::with_suite(name);
        fs::remove_file(project.path("tests/b.rs")).unwrap();
        project
    }

    /// Returns a path below the project's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Writes a file. Its directory must exist.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Returns a command that runs `program` in the project's directory, with the environment of a user who just opened
    /// a terminal.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        clean_environment_of_cargo(&mut command);
        command
            .current_dir(self.root.path())
            // So wide that no sentence of the tool is on two lines.
            .env("COLUMNS", "500")
            .env("CARGO_NET_OFFLINE", "true")
            // Without debug information, programs compile and link faster.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_TARGET_DIR", shared_target())
            .env("SMOKE_CACHE_DIR", self.path("cache"));
        command
    }

    /// Returns the command `cargo test --tests`.
    pub fn cargo_test(&self) -> Command {
        let mut command = self.command(env!("CARGO"));
        command.args(["test", "--tests"]);
        command
    }

    /// Returns the command `cargo nextest run`.
    ///
    /// Returns `None`, and prints a line, if nextest is not installed.
    pub fn nextest(&self, arguments: &[&str]) -> Option<Command> {
        self.nextest_command("run", arguments)
    }

    /// Returns another command of nextest, as [`nextest`](Self::nextest) does.
    pub fn nextest_command(&self, command: &str, arguments: &[&str]) -> Option<Command> {
        let nextest = |arguments: &[&str]| {
            let mut command = self.command(env!("CARGO"));
            command.args(["nextest", "--color", "never"]).args(arguments);
            command
        };
        if nextest(&["--version"]).output().unwrap().status.success() {
            return Some(nextest(&[&[command], arguments].concat()));
        }
        eprintln!("skipped: nextest is not installed; `cargo install --locked cargo-nextest`");
        None
    }

    /// Returns the lines of the log since the last call.
    pub fn take_log(&self) -> Vec<String> {
        take_lines(&self.path("log"))
    }
}

/// Returns the directory of this workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// Returns the target directory of all projects: what cargo calls `CARGO_TARGET_TMPDIR` while it compiles an
/// integration test, and then `project`. This executable is `debug/deps/NAME` beside it.
fn shared_target() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    executable.ancestors().nth(3).unwrap().join("tmp/project")
}
