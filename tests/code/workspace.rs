//! A throw-away workspace with a package `app`, whose cached test cargo compiles and runs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use test_support::{Project, passed};

/// The suite, with places for the names of its code and for the value of its artifact.
const SUBJECT: &str = include_str!("subject.rs");

/// The test, for a file with the suite in scope.
const TEST: &str = "use cached_smoke::cached_smoke;\n\n\
    #[cached_smoke(repo = \"one\")]\nfn is_current(answer: &Answer) {\n    assert_eq!(answer.0, now(), \"stale\");\n}\n";

/// A package `app` with a library and a test. Tests add files and packages.
pub(crate) struct Workspace {
    project: Project,
    /// A repository outside of the workspace, so that it does not move with it.
    _repository: tempfile::TempDir,
    log: PathBuf,
    environment: Vec<(String, String)>,
}

impl Workspace {
    /// Creates a workspace. `name` must differ from that of each other project, because they share a target directory.
    /// `names` are the arguments of `code_fingerprint!`. `now` is an expression: the value of the artifact.
    pub(crate) fn new(name: &str, names: &str, now: &str) -> Workspace {
        let repository = tempfile::tempdir().unwrap();
        let one = repository.path().join("one");
        fs::create_dir(&one).unwrap();
        let project = Project::new(name, "");
        let manifest = fs::read_to_string(project.path("Cargo.toml")).unwrap();
        let dependency = manifest.lines().find(|line| line.starts_with("cached-smoke")).unwrap();
        project.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n#package\n[lib]\nname = \"app\"\n[workspace]\nexclude = [\"old\", \"new\"]\n\
                 [features]\nfancy = []\n[dependencies]\n#dependencies\n[dev-dependencies]\n{dependency}\n#dev\n"
            ),
        );
        project.write("smoke.toml", &format!("[repos.one]\npath = '{}'\n", one.display()));
        let log = repository.path().join("log");
        let workspace = Workspace { project, _repository: repository, log, environment: Vec::new() };
        workspace.write("src/lib.rs", "pub fn answer() -> String { \"one\".into() }\n");
        workspace.write("tests/support/mod.rs", &subject(names, now));
        workspace.write("tests/t.rs", &format!("mod support;\nuse support::*;\n{TEST}"));
        workspace
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.project.path(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[track_caller]
    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{from} in {name}");
        self.write(name, &text.replace(from, to));
    }

    /// Adds a package that no other depends on yet.
    pub(crate) fn package(&self, directory: &str, name: &str, library: &str) {
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        self.write(&format!("{directory}/Cargo.toml"), &manifest);
        self.write(&format!("{directory}/src/lib.rs"), library);
    }

    /// Adds a line to a section of the manifest of `app`: `package`, `dependencies` or `dev`.
    pub(crate) fn declare(&self, place: &str, line: &str) {
        self.replace("Cargo.toml", &format!("#{place}\n"), &format!("{line}\n#{place}\n"));
    }

    /// Sets a variable for every later command.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.environment.retain(|(known, _)| known != name);
    }

    fn prepared(&self, mut command: Command) -> Command {
        command.env("SUBJECT_LOG", &self.log).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Returns the command `cargo test --test t`.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.project.command(env!("CARGO"));
        command.arg("test").args(arguments).args(["--test", "t", "--", "--nocapture", "--test-threads=1"]);
        self.prepared(command)
    }

    /// Returns a command of nextest, if it is installed.
    pub(crate) fn nextest(&self, command: &str, arguments: &[&str]) -> Option<Command> {
        self.project.nextest_command(command, arguments).map(|command| self.prepared(command))
    }

    /// Runs the tests. Returns the reasons of all builds.
    #[track_caller]
    pub(crate) fn reasons(&self, tests: Command) -> Vec<String> {
        let stdout = passed(tests);
        let builds = fs::read_to_string(&self.log).unwrap_or_default().lines().count();
        let _ = fs::remove_file(&self.log);
        let lines = stdout.lines().filter(|line| line.contains("cache_miss=1"));
        let reason = |line: &str| {
            let reason = line.split_once("reason=").unwrap().1.split(" key=").next().unwrap();
            reason.trim_matches('"').replace("\\\"", "\"")
        };
        let reasons: Vec<String> = lines.map(reason).collect();
        assert_eq!(builds, reasons.len(), "{stdout}");
        reasons
    }

    /// Runs the tests, and expects one build for this reason.
    #[track_caller]
    pub(crate) fn is_built_for(&self, reason: &str) {
        self.is_built_with(&[], reason);
    }

    #[track_caller]
    pub(crate) fn is_built_with(&self, arguments: &[&str], reason: &str) {
        let reasons = self.reasons(self.cargo(arguments));
        assert!(reasons.len() == 1 && reasons[0].contains(reason), "{reason}: {reasons:?}");
    }

    /// Runs the tests, and expects no build.
    #[track_caller]
    pub(crate) fn is_restored(&self) {
        assert_eq!(self.reasons(self.cargo(&[])), [""; 0]);
    }

    /// Edits a file, and expects a miss for this reason. Undoes the edit, and expects a hit.
    #[track_caller]
    pub(crate) fn counts(&self, file: &str, from: &str, to: &str, reason: &str) {
        let original = fs::read(self.path(file)).unwrap();
        self.replace(file, from, to);
        self.is_built_for(reason);
        fs::write(self.path(file), original).unwrap();
        self.is_restored();
    }

    /// Edits a file, and expects a hit.
    #[track_caller]
    pub(crate) fn does_not_count(&self, file: &str, from: &str, to: &str) {
        self.replace(file, from, to);
        self.is_restored();
    }

    /// Moves everything to another directory.
    pub(crate) fn moved(mut self) -> Workspace {
        let target = Project::empty();
        let copied = Command::new("cp").arg("-R").arg(self.path(".")).arg(target.path(".")).status().unwrap();
        assert!(copied.success());
        self.project = target;
        self
    }
}

/// Returns a suite that names `names` and whose artifact has the value `now`.
pub(crate) fn subject(names: &str, now: &str) -> String {
    SUBJECT.replace("/*names*/", names).replace("/*now*/", now)
}

/// Returns the text of a test file, or module, with its own suite.
pub(crate) fn with_suite(names: &str, now: &str) -> String {
    subject(names, now) + TEST
}
