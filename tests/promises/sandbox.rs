//! A repository, a cache directory and a `smoke.toml` of a test's own, and runs of the subject's tests over them.

#[cfg(unix)]
mod other_user;
#[cfg(target_os = "linux")]
mod small_disk;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use cached_smoke::tooling::read_reports;
use cached_smoke::{ArtifactReport, CacheReport, Outcome};

#[cfg(unix)]
pub(crate) use other_user::{give_to_somebody_else, is_root};
#[cfg(target_os = "linux")]
pub(crate) use small_disk::SmallDisk;

/// Removed when it is dropped.
pub(crate) struct Sandbox {
    root: tempfile::TempDir,
    runs: AtomicU32,
}

/// Settings for one process that runs a test of the subject.
pub(crate) struct Run<'a> {
    sandbox: &'a Sandbox,
    command: Command,
    id: String,
}

/// How it ended.
pub(crate) struct Done {
    pub(crate) passed: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// What the run's processes have reported so far.
    pub(crate) reports: Vec<CacheReport>,
}

impl Sandbox {
    /// With a git repository of one commit.
    pub(crate) fn new() -> Sandbox {
        let sandbox = Sandbox::without_repository();
        let repo = sandbox.repo();
        fs::create_dir(&repo).unwrap();
        fs::write(repo.join("a.txt"), "novel of manners\n").unwrap();
        fs::write(repo.join(".gitignore"), "*.log\n").unwrap();
        sandbox.git(&["init", "--quiet", "--initial-branch=main"]);
        sandbox.commit();
        sandbox
    }

    /// With a plain directory for a repository: git would take most of the time of a test that runs many processes.
    pub(crate) fn without_git() -> Sandbox {
        let sandbox = Sandbox::without_repository();
        fs::create_dir(sandbox.repo()).unwrap();
        fs::write(sandbox.repo().join("a.txt"), "novel of manners\n").unwrap();
        sandbox
    }

    /// With the name of a repository and nothing there.
    pub(crate) fn without_repository() -> Sandbox {
        let sandbox = Sandbox { root: tempfile::tempdir().unwrap(), runs: AtomicU32::new(0) };
        fs::create_dir(sandbox.path("project")).unwrap();
        fs::create_dir(sandbox.path("home")).unwrap();
        sandbox.write_smoke_toml("");
        sandbox
    }

    /// Names the repository, after `head`.
    pub(crate) fn write_smoke_toml(&self, head: &str) {
        let text = format!("{head}\n[repos.bookshop]\npath = '{}'\n", self.repo().display());
        fs::write(self.path("project/smoke.toml"), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn repo(&self) -> PathBuf {
        self.path("repo")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.path("cache")
    }

    /// Runs git in the repository, under no configuration but the repository's own.
    pub(crate) fn git(&self, arguments: &[&str]) {
        let null = if cfg!(windows) { "NUL" } else { "/dev/null" };
        let output = Command::new("git")
            .current_dir(self.repo())
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", null)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a commit"]);
    }

    /// A new run of one test of the subject.
    pub(crate) fn run(&self, test: &str) -> Run<'_> {
        let id = format!("run-{}", self.runs.fetch_add(1, Ordering::Relaxed));
        self.run_within(&id, test)
    }

    /// A process of the run `id`.
    pub(crate) fn run_within(&self, id: &str, test: &str) -> Run<'_> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([&format!("subject::{test}"), "--exact", "--ignored", "--nocapture"]);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["SMOKE_", "NEXTEST", "GIT_", "SUBJECT_"].iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command
            .env("HOME", self.path("home"))
            .env("CARGO_MANIFEST_DIR", self.path("project"))
            .env("SMOKE_CACHE_DIR", self.cache())
            .env("SMOKE_RUN_ID", id)
            .env("SUBJECT_LOG", self.path("log"))
            .stdin(Stdio::null());
        Run { sandbox: self, command, id: id.to_owned() }
    }

    /// What was done to artifacts since this was last asked, sorted.
    pub(crate) fn take_log(&self) -> Vec<String> {
        let path = self.path("log");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// As [`take_log`](Self::take_log), of builds alone.
    pub(crate) fn take_builds(&self) -> Vec<String> {
        self.take_log().into_iter().filter(|line| line.starts_with("build ")).collect()
    }

    /// The files of all entries of the repository, relative to the cache.
    pub(crate) fn entry_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect_files(&self.cache().join("bookshop"), &mut files);
        files.sort();
        files
    }

    /// What was unpacked from the repository's entries.
    pub(crate) fn unpacked_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect_files(&self.cache().join(".unpacked/bookshop"), &mut files);
        files
    }

    /// The one file of all entries that is called `name`.
    pub(crate) fn entry_file(&self, name: &str) -> PathBuf {
        let mut found: Vec<PathBuf> = self.entry_files().into_iter().filter(|path| path.ends_with(name)).collect();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        found.remove(0)
    }

    /// A pipe that a build can be told to wait at.
    pub(crate) fn pipe(&self) -> PathBuf {
        let path = self.path("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }
}

impl Run<'_> {
    /// As a shell with this umask would run it.
    #[cfg(unix)]
    pub(crate) fn under_umask(self, umask: &str) -> Self {
        self.wrapped("sh", &["-c", &format!("umask {umask} && exec \"$0\" \"$@\"")])
    }

    /// Run by `program`, whose last arguments are the command.
    #[cfg(unix)]
    pub(crate) fn wrapped(self, program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).arg(self.command.get_program()).args(self.command.get_args());
        self.with_command(command)
    }

    /// Run by a copy of this executable.
    #[cfg(unix)]
    fn of_program(self, program: &Path) -> Self {
        let mut command = Command::new(program);
        command.args(self.command.get_args());
        self.with_command(command)
    }

    /// `command`, in the same environment.
    #[cfg(unix)]
    pub(crate) fn with_command(mut self, mut command: Command) -> Self {
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

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs it to its end.
    pub(crate) fn done(mut self) -> Done {
        let output = self.command.output().unwrap();
        self.sandbox.finish(&self.id, &output)
    }

    /// Runs it to its end, and tells only whether it passed: it writes to nothing that this process reads.
    #[cfg(target_os = "linux")]
    pub(crate) fn done_without_output(mut self) -> bool {
        self.command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// Runs it and wants it to pass.
    #[track_caller]
    pub(crate) fn passes(self) -> Done {
        let done = self.done();
        assert!(done.passed, "{}\n{}", done.stdout, done.stderr);
        done
    }

    /// Runs it and wants it to fail.
    #[track_caller]
    pub(crate) fn fails(self) -> Done {
        let done = self.done();
        assert!(!done.passed, "{}\n{}", done.stdout, done.stderr);
        done
    }

    /// Starts it, and waits until it is in the midst of its build of an artifact, or of the body of its `test`; it goes on when
    /// the file is dropped.
    #[cfg(unix)]
    pub(crate) fn start_until_in(self, place: &str) -> (Started, fs::File) {
        let pipe = self.sandbox.pipe();
        let started = self.env("SUBJECT_WAIT_FOR", place).env("SUBJECT_PIPE", &pipe).start();
        // Opening it waits for its other end.
        (started, fs::File::options().write(true).open(&pipe).unwrap())
    }

    /// Starts it.
    pub(crate) fn start(mut self) -> Started {
        let child = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Started { child, id: self.id }
    }
}

/// A process that is under way.
pub(crate) struct Started {
    pub(crate) child: Child,
    id: String,
}

impl Started {
    pub(crate) fn done(self, sandbox: &Sandbox) -> Done {
        let output = self.child.wait_with_output().unwrap();
        sandbox.finish(&self.id, &output)
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Sandbox {
    fn finish(&self, id: &str, output: &Output) -> Done {
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!stdout.contains("running 0 tests"), "there is no such test in the subject: {stdout}");
        Done {
            passed: output.status.success(),
            stdout,
            stderr,
            reports: read_reports(&self.cache(), id).unwrap_or_default(),
        }
    }
}

impl Done {
    /// The run's only report of `artifact`.
    #[track_caller]
    pub(crate) fn report(&self, artifact: &str) -> &ArtifactReport {
        let reports: Vec<_> =
            self.reports.iter().flat_map(|report| &report.artifacts).filter(|one| one.artifact == artifact).collect();
        let [report] = reports[..] else { panic!("not one report of {artifact}: {:?}\n{}", self.reports, self.stderr) };
        report
    }

    #[track_caller]
    pub(crate) fn outcome(&self, artifact: &str) -> Outcome {
        self.report(artifact).outcome
    }

    #[track_caller]
    pub(crate) fn reason(&self, artifact: &str) -> &str {
        &self.report(artifact).reason
    }
}

fn collect_files(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        if entry.path().is_dir() {
            collect_files(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

/// Makes a file of the cache writable and changes it with `change`.
pub(crate) fn tamper(path: &Path, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let content = fs::read(path).unwrap();
    // Replaced, as a file system would that lost what was written: the directory is the user's own.
    fs::remove_file(path).unwrap();
    fs::write(path, change(content)).unwrap();
}
