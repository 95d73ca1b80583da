//! A machine: a cache directory, a home, and a place for the repository, all its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cached_smoke::tooling::read_reports;
use cached_smoke::{ArtifactReport, CacheReport, Outcome};

use crate::subject;

/// Keys of nobody.
pub(crate) const SECRET: &str = "0101010101010101010101010101010101010101010101010101010101010101";
/// That goes with [`SECRET`].
pub(crate) const PUBLIC: &str = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";
/// All that machines share: a repository in one place, and what a test keeps besides.
pub(crate) struct World {
    root: tempfile::TempDir,
    machines: AtomicU32,
}

impl World {
    pub(crate) fn new() -> World {
        let world = World { root: tempfile::tempdir().unwrap(), machines: AtomicU32::new(0) };
        fs::create_dir(world.path("bookshop")).unwrap();
        // Enough that it takes more than one packet.
        let text = "novel of manners pastoral epistolary\n".repeat(4000);
        fs::write(world.path("bookshop/a.txt"), text).unwrap();
        fs::create_dir(world.path("bucket")).unwrap();
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A folder as the service.
    pub(crate) fn folder(&self) -> String {
        format!("fs://{}", self.path("bucket").display())
    }

    /// What is in that folder, relative to it.
    pub(crate) fn objects(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect(&self.path("bucket"), &self.path("bucket"), &mut found);
        found.sort();
        found
    }

    /// The one object whose path has this in it.
    pub(crate) fn object(&self, part: &str) -> PathBuf {
        let mut found: Vec<String> = self.objects().into_iter().filter(|path| path.contains(part)).collect();
        assert_eq!(found.len(), 1, "{part}: {:?}", self.objects());
        self.path("bucket").join(found.remove(0))
    }

    /// A new one, which signs, and trusts what it signs.
    pub(crate) fn machine(&self, url: &str) -> Machine {
        let number = self.machines.fetch_add(1, Ordering::Relaxed);
        let root = self.path(&format!("machine-{number}"));
        fs::create_dir_all(root.join("project")).unwrap();
        fs::create_dir_all(root.join("home")).unwrap();
        let settings = format!("[repos.bookshop]\npath = '{}'\n", self.path("bookshop").display());
        fs::write(root.join("project/smoke.toml"), settings).unwrap();
        Machine { root, runs: AtomicU32::new(0), variables: Vec::new() }
            .with("SMOKE_REMOTE", url)
            .with("SMOKE_REMOTE_SIGNING_KEY", SECRET)
            .that_finds_others_lost_after("1h")
    }
}

fn collect(root: &Path, directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        }
    }
}

/// For what nothing tells of. It is a failure if it does not come to be, and not a wait without an end.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    const LONGEST: Duration = Duration::from_mins(2);
    const PERIOD: Duration = Duration::from_millis(2);
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LONGEST, "it did not come to be that {what}");
        thread::sleep(PERIOD);
    }
}

pub(crate) struct Machine {
    root: PathBuf,
    runs: AtomicU32,
    variables: Vec<(String, String)>,
}

/// How a run ended.
pub(crate) struct Done {
    pub(crate) passed: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) reports: Vec<CacheReport>,
    pub(crate) run: String,
}

/// A run that has begun.
pub(crate) struct Started {
    pub(crate) child: Child,
    cache: PathBuf,
    run: String,
}

impl Machine {
    /// With a variable; without it, if the value is empty.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Machine {
        self.variables.retain(|(other, _)| other != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// When it takes another, of which it does not hear, for gone.
    #[must_use]
    pub(crate) fn that_finds_others_lost_after(self, duration: &str) -> Machine {
        let program = env!("CARGO_BIN_EXE_cargo-smoke-cache");
        let helper = [program, "smoke-cache", "remote-helper", "--lease-lost-after", duration];
        self.with("SMOKE_REMOTE_HELPER", &serde_json::to_string(&helper).unwrap())
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    /// Forgets what it has.
    pub(crate) fn forget(&self) {
        let _ = fs::remove_dir_all(self.cache());
    }

    /// Forgets its artifacts, but not its runs.
    pub(crate) fn forget_entries(&self) {
        for name in ["bookshop", ".unpacked"] {
            let _ = fs::remove_dir_all(self.cache().join(name));
        }
    }

    fn prepared(&self, mut command: Command, run: &str) -> Command {
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["SMOKE_", "NEXTEST", "SUBJECT_", "AWS_"].iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.project())
            .env("HOME", self.root.join("home"))
            .env("CARGO_MANIFEST_DIR", self.project())
            .env("SMOKE_CACHE_DIR", self.cache())
            .env("SMOKE_RUN_ID", run)
            .env(subject::LOG, self.root.join("log"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// `cargo smoke-cache`, as cargo calls it.
    pub(crate) fn smoke_cache(&self, arguments: &[&str]) -> Output {
        let mut command = self.prepared(Command::new(env!("CARGO_BIN_EXE_cargo-smoke-cache")), "command");
        command.arg("smoke-cache").args(arguments).output().unwrap()
    }

    /// The helper, to be spoken to.
    pub(crate) fn helper(&self) -> Command {
        let mut command = self.prepared(Command::new(env!("CARGO_BIN_EXE_cargo-smoke-cache")), "helper");
        command.args(["smoke-cache", "remote-helper"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }

    /// Runs a test of the subject, in a run of its own.
    pub(crate) fn start(&self, test: &str) -> Started {
        let run = format!("run-{}", self.runs.fetch_add(1, Ordering::Relaxed));
        self.start_within(&run, test)
    }

    pub(crate) fn start_within(&self, run: &str, test: &str) -> Started {
        let mut command = self.prepared(Command::new(std::env::current_exe().unwrap()), run);
        command.args([&format!("subject::{test}"), "--exact", "--ignored", "--nocapture"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Started { child, cache: self.cache(), run: run.to_owned() }
    }

    #[track_caller]
    pub(crate) fn passes(&self, test: &str) -> Done {
        let done = self.start(test).done();
        assert!(done.passed, "{}{}", done.stdout, done.stderr);
        done
    }

    /// Whether it has begun to build.
    pub(crate) fn has_begun(&self) -> bool {
        self.root.join("log").exists()
    }

    /// What was built since this was last asked.
    pub(crate) fn take_builds(&self) -> Vec<String> {
        let path = self.root.join("log");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }
}

impl Started {
    pub(crate) fn done(self) -> Done {
        let output = self.child.wait_with_output().unwrap();
        Done {
            passed: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            reports: read_reports(&self.cache, &self.run).unwrap(),
            run: self.run,
        }
    }
}

impl Done {
    /// What the last test of the run was told of an artifact.
    #[track_caller]
    pub(crate) fn report(&self, artifact: &str) -> &ArtifactReport {
        let all = self.reports.last().unwrap().artifacts.iter();
        { all }.find(|report| report.artifact == artifact).unwrap_or_else(|| panic!("{artifact}: {}", self.stdout))
    }

    #[track_caller]
    pub(crate) fn outcome(&self, artifact: &str) -> Outcome {
        self.report(artifact).outcome
    }

    /// How often it warned.
    pub(crate) fn warnings(&self) -> usize {
        self.stderr.matches("[smoke-cache] warning:").count()
    }
}
