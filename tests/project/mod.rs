//! Throw-away projects that depend on these crates by path, compiled and run by cargo: what only shows from outside.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The module of the suite that the test binaries share.
pub(crate) const SUITE: &str = "tests/suite/mod.rs";
/// Each of the test binaries.
pub(crate) const TESTS: &str = include_str!("cached.rs");

/// A package of its own, with a repository called `one`, a cache directory, and a home.
pub(crate) struct Project {
    root: tempfile::TempDir,
}

impl Project {
    /// `name` is the package's own among all projects: cargo would mix up two of one name in one target directory.
    /// `dependencies` are lines of its manifest.
    pub(crate) fn new(name: &str, dependencies: &str) -> Project {
        let project = Project::empty();
        let workspace = workspace();
        for directory in ["src", "tests", "one", "home"] {
            fs::create_dir(project.path(directory)).unwrap();
        }
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\nname = \"project\"\n\n\
             [workspace]\n\n[dependencies]\ncached-smoke = {{ path = '{}' }}\n{dependencies}",
            workspace.join("runtime").display()
        );
        project.write("Cargo.toml", &manifest);
        // The versions that are at hand: nothing is downloaded.
        fs::copy(workspace.join("Cargo.lock"), project.path("Cargo.lock")).unwrap();
        project.write("one/file", "content");
        project.write("smoke.toml", "[repos.one]\npath = \"one\"\n");
        project
    }

    /// A place for one.
    pub(crate) fn empty() -> Project {
        Project { root: tempfile::tempdir().unwrap() }
    }

    /// With two test binaries over one artifact, whose builds are lines of the project's log.
    pub(crate) fn with_suite(name: &str) -> Project {
        Project::with_suite_and(name, "")
    }

    /// As [`with_suite`](Self::with_suite), with more dependencies.
    pub(crate) fn with_suite_and(name: &str, dependencies: &str) -> Project {
        let project = Project::new(name, dependencies);
        project.write("src/lib.rs", "pub fn number() -> u32 { 1 }\n");
        fs::create_dir(project.path("tests/suite")).unwrap();
        project.write(SUITE, include_str!("suite.rs"));
        project.write("tests/a.rs", TESTS);
        project.write("tests/b.rs", TESTS);
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// `program` in the project, with the environment of somebody who just opened a terminal.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let is_ours = ["SMOKE_", "NEXTEST", "CARGO_PKG_", "CARGO_MANIFEST", "CARGO_BIN_", "CARGO_TARGET_"]
                .iter()
                .any(|prefix| text.starts_with(prefix));
            if is_ours {
                command.env_remove(&name);
            }
        }
        command
            .current_dir(self.root.path())
            .env("CARGO_NET_OFFLINE", "true")
            // Shared by all projects: their dependencies are the same.
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("project"))
            .env("SMOKE_CACHE_DIR", self.path("cache"));
        command
    }

    /// `cargo test --tests`.
    pub(crate) fn cargo_test(&self) -> Command {
        let mut command = self.command(env!("CARGO"));
        command.args(["test", "--tests"]);
        command
    }

    /// `cargo nextest run`; nothing, and a line that says so, where nextest is not installed.
    pub(crate) fn nextest(&self, arguments: &[&str]) -> Option<Command> {
        self.nextest_of("run", arguments)
    }

    /// As [`nextest`](Self::nextest), of another of its commands.
    pub(crate) fn nextest_of(&self, what: &str, arguments: &[&str]) -> Option<Command> {
        let nextest = |arguments: &[&str]| {
            let mut command = self.command(env!("CARGO"));
            command.args(["nextest", "--color", "never"]).args(arguments);
            command
        };
        if nextest(&["--version"]).output().unwrap().status.success() {
            return Some(nextest(&[&[what], arguments].concat()));
        }
        eprintln!("left out: nextest is not installed; `cargo install --locked cargo-nextest`");
        None
    }

    /// The lines of the file `log`, which is removed.
    pub(crate) fn take_log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        let _ = fs::remove_file(self.path("log"));
        log.lines().map(str::to_owned).collect()
    }
}

/// The directory of this workspace: that of whichever of its packages includes this file, or the one above.
fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().find(|directory| directory.join("runtime").is_dir()).unwrap()
}

/// Its standard output, if it succeeds.
#[track_caller]
pub(crate) fn passed(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", both_streams(&output));
    text(&output.stdout)
}

pub(crate) fn both_streams(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
