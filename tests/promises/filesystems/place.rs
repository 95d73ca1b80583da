//! A directory on the file system, and processes of the subject with their cache in it.

use std::cell::{Cell, RefCell};
use std::fs;
use std::os::unix::fs::lchown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::variable;
use test_support::{Done, Run, Sandbox, Started};

/// The longest time that a process may take.
pub(super) const BOUND: Duration = Duration::from_mins(1);
const NOBODY: u32 = 65_534;

/// The reason why a scenario failed.
pub(super) enum Trouble {
    Failed(String),
    Hung(String),
    /// The file system does not support the scenario.
    Impossible(String),
}

/// A directory for one scenario. Dropping it kills its processes and removes it.
pub(super) struct Place {
    pub(super) sandbox: Sandbox,
    directory: PathBuf,
    warnings: RefCell<Vec<String>>,
    slowest: Cell<Duration>,
}

impl Place {
    pub(super) fn new(title: &str) -> Place {
        let directory = Path::new(&variable("FILESYSTEM_DIRECTORY")).join(title.replace(' ', "-"));
        let sandbox = Sandbox::new();
        fs::create_dir(&directory).unwrap();
        let place = Place { sandbox, directory, warnings: RefCell::default(), slowest: Cell::default() };
        fs::create_dir(place.temporary()).unwrap();
        place
    }

    pub(super) fn cache(&self) -> PathBuf {
        self.directory.join("cache")
    }

    /// Returns the directory for temporary files: on the file system, too, if the row is about that.
    fn temporary(&self) -> PathBuf {
        let is_there = std::env::var_os("FILESYSTEM_HAS_TMPDIR").is_some();
        if is_there { self.directory.join("tmp") } else { self.sandbox.path("tmp") }
    }

    /// Returns the files of the entries that are called `name`.
    pub(super) fn files(&self, name: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.cache().join("bookshop")).into_iter().flatten().flatten();
        entries.map(|entry| entry.path().join(name)).filter(|file| file.exists()).collect()
    }

    /// Prepares a process of the run `id` that runs the subject's `test`.
    pub(super) fn run(&self, id: &str, test: &str) -> Run<'_> {
        self.settled(self.sandbox.run_within(id, test))
    }

    fn settled<'a>(&self, run: Run<'a>) -> Run<'a> {
        let run = run
            .env("SMOKE_CACHE_DIR", self.cache())
            .env("TMPDIR", self.temporary())
            .env("RUST_BACKTRACE", "0")
            .env("SHIM_BELOW", &self.directory);
        match std::env::var_os("FILESYSTEM_SHIM") {
            Some(shim) => run.env("LD_PRELOAD", shim).env("SHIM", variable("FILESYSTEM_FAULT")),
            None => run,
        }
    }

    /// Runs a process, which must pass, to its end.
    pub(super) fn pass(&self, run: Run<'_>) -> Result<(), Trouble> {
        let begun = Instant::now();
        self.wait(run.start(), begun)
    }

    /// Waits for the end of a process that was started at the moment `begun`, and must pass.
    pub(super) fn wait(&self, mut started: Started, begun: Instant) -> Result<(), Trouble> {
        let mut is_hung = false;
        while started.child.try_wait().unwrap().is_none() {
            if begun.elapsed() > BOUND {
                is_hung = true;
                started.child.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.slowest.set(self.slowest.get().max(begun.elapsed()));
        let done = started.done();
        let warnings = done.stderr.lines().filter(|line| line.contains("warning: ")).map(|line| self.shown(line));
        self.warnings.borrow_mut().extend(warnings);
        if is_hung {
            let last = done.stderr.lines().last().unwrap_or("no output");
            return Err(Trouble::Hung(self.shown(last)));
        }
        if done.passed { Ok(()) } else { Err(Trouble::Failed(self.shown(&cause(&done)))) }
    }

    /// Runs `cargo smoke-cache`.
    pub(super) fn tool(&self, arguments: &[&str]) -> Result<(), Trouble> {
        let mut command = Command::new(variable("FILESYSTEM_TOOL"));
        command.current_dir(self.sandbox.path("project")).arg("smoke-cache").args(arguments);
        let run = self.run("tool", "both").with_command(command);
        self.pass(run)
    }

    /// Makes another user the owner of the directory.
    ///
    /// # Errors
    ///
    /// The other user may still not write there.
    pub(super) fn give_away(&self) -> Result<(), Trouble> {
        for path in [&self.directory, &self.temporary()] {
            // Without owners, the file system may let all users write.
            let _ = lchown(path, Some(NOBODY), Some(NOBODY));
        }
        let user = NOBODY.to_string();
        let mut command = Command::new("setpriv");
        command.args(["--reuid", &user, "--regid", &user, "--clear-groups", "mkdir"]).arg(self.directory.join("probe"));
        if command.output().unwrap().status.success() {
            return Ok(());
        }
        Err(Trouble::Impossible("no other user may write here".to_owned()))
    }

    pub(super) fn builds(&self) -> usize {
        self.sandbox.take_builds().len()
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        self.warnings.borrow().clone()
    }

    /// Returns the time that the slowest process took.
    pub(super) fn slowest(&self) -> Duration {
        self.slowest.get()
    }

    /// Removes from `text` everything that differs between runs, and the help.
    fn shown(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (place, name) in
            [(self.cache(), "CACHE"), (self.temporary(), "TMPDIR"), (self.sandbox.path(""), "SANDBOX/")]
        {
            text = text.replace(&*place.to_string_lossy(), name);
        }
        let text = text.replace("[smoke-cache] ", "").replace("warning: ", "");
        let text = text.split("\nhelp: ").next().unwrap_or_default();
        text.split('/').map(nameless).collect::<Vec<_>>().join("/")
    }

    /// Kills the processes that a builder, or a test that hung, has left.
    fn kill_what_is_left(&self) {
        let mine = format!("SMOKE_CACHE_DIR={}", self.cache().display());
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|variable| variable == mine.as_bytes()) {
                let _ = Command::new("kill").arg("-KILL").arg(process.file_name()).status();
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.kill_what_is_left();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Replaces the digits of a path component that differ between runs.
fn nameless(text: &str) -> String {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').unwrap_or(text.len());
    let (component, rest) = text.split_at(end);
    let shown = match component.split_once('-') {
        Some((commit, key)) if is_digits(commit) && is_digits(key) => "ENTRY",
        Some(("cached", rest)) if rest.starts_with("smoke-") => "STAGING",
        _ => component,
    };
    format!("{shown}{rest}")
}

/// Returns the lines with the cause from the output of a failed test.
fn cause(done: &Done) -> String {
    let said = |line: &&str| {
        !line.contains("warning: ")
            && ["failed to", "because:", "panicked:", "error:"].iter().any(|word| line.contains(word))
    };
    let lines: Vec<&str> = done.stderr.lines().filter(said).map(str::trim).collect();
    if lines.is_empty() { done.stdout.clone() + &done.stderr } else { lines.join("; ") }
}
