//! Machines that share a remote cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::directories::Directories;
use crate::files_below;
use crate::process::{Done, Run, Started};
use crate::tool::tool;

/// The secret key that machines sign with.
pub const SIGNING_KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";
/// The public key of [`SIGNING_KEY`].
pub const PUBLIC_KEY: &str = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";

/// One repository, and one folder that may serve as a remote cache, for any number of [`Machine`]s.
///
/// ```text
/// bookshop/        the repository, without git
/// bucket/          the folder
/// machine-0/       directories of the first machine
/// ```
pub struct World {
    root: Arc<TempDir>,
    helper: PathBuf,
    machines: AtomicU32,
}

impl World {
    /// Creates a world. `helper` is the executable `cargo-smoke-cache-remote`.
    pub fn new(helper: impl Into<PathBuf>) -> World {
        let root = Arc::new(tempfile::tempdir().unwrap());
        let world = World { root, helper: helper.into(), machines: AtomicU32::new(0) };
        fs::create_dir(world.path("bookshop")).unwrap();
        // More than one packet.
        let text = "novel of manners pastoral epistolary\n".repeat(4000);
        fs::write(world.path("bookshop/a.txt"), text).unwrap();
        fs::create_dir(world.path("bucket")).unwrap();
        world
    }

    /// Returns a path below the world's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Returns the URL of the folder.
    pub fn folder(&self) -> String {
        format!("fs://{}", self.path("bucket").display())
    }

    /// Returns the paths of all objects in the folder, relative to it and sorted.
    pub fn objects(&self) -> Vec<String> {
        let bucket = self.path("bucket");
        let relative = |path: PathBuf| path.strip_prefix(&bucket).unwrap().to_str().unwrap().to_owned();
        files_below(&bucket).into_iter().map(relative).collect()
    }

    /// Returns the only object whose path contains `part`.
    #[track_caller]
    pub fn object(&self, part: &str) -> PathBuf {
        let mut found: Vec<String> = self.objects().into_iter().filter(|path| path.contains(part)).collect();
        assert_eq!(found.len(), 1, "{part}: {:?}", self.objects());
        self.path("bucket").join(found.remove(0))
    }

    /// Adds a machine that uses the remote cache at `url`, signs with [`SIGNING_KEY`] and trusts what that signed.
    pub fn machine(&self, url: &str) -> Machine {
        let number = self.machines.fetch_add(1, Ordering::Relaxed);
        let directories = Directories::create(self.path(&format!("machine-{number}")), Arc::clone(&self.root));
        directories.write_smoke_toml("", &self.path("bookshop"));
        let machine = Machine { directories, helper: self.helper.clone(), variables: Vec::new() };
        machine.with("SMOKE_REMOTE", url).with("SMOKE_REMOTE_SIGNING_KEY", SIGNING_KEY).with_lease_lost_after("1h")
    }
}

/// A cache directory and a home, for processes over the repository of a [`World`].
pub struct Machine {
    directories: Directories,
    helper: PathBuf,
    variables: Vec<(String, String)>,
}

impl Machine {
    /// Sets a variable for all processes of the machine.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Machine {
        self.variables.retain(|(other, _)| other != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the time after which the machine takes over the lease of a machine that it does not hear of.
    #[must_use]
    pub fn with_lease_lost_after(self, duration: &str) -> Machine {
        let program = self.helper.to_str().unwrap();
        let helper = serde_json::to_string(&[program, "--lease-lost-after", duration]).unwrap();
        self.with("SMOKE_REMOTE_HELPER", &helper)
    }

    /// Returns the cache directory.
    pub fn cache(&self) -> PathBuf {
        self.directories.cache()
    }

    /// Removes the cache directory.
    pub fn forget(&self) {
        let _ = fs::remove_dir_all(self.cache());
    }

    /// Removes the artifacts, but not what the machine's runs recorded.
    pub fn forget_entries(&self) {
        for name in ["bookshop", ".unpacked"] {
            let _ = fs::remove_dir_all(self.cache().join(name));
        }
    }

    /// Prepares a process that runs a test of the subject, in a new run.
    pub fn run(&self, test: &str) -> Run<'_> {
        self.run_within(&self.directories.new_run(), test)
    }

    /// Prepares a process that runs a test of the subject, in the run `id`.
    pub fn run_within(&self, id: &str, test: &str) -> Run<'_> {
        let mut run = self.directories.run(id, test);
        self.finish(run.command_mut());
        run
    }

    /// Runs a test of the subject to its end, in a new run.
    ///
    /// # Panics
    ///
    /// Panics if it fails.
    #[track_caller]
    pub fn passes(&self, test: &str) -> Done {
        self.run(test).passes()
    }

    /// Starts a test of the subject, in a new run.
    pub fn start(&self, test: &str) -> Started {
        self.run(test).start()
    }

    /// Runs `cargo smoke-cache` to its end.
    pub fn smoke_cache(&self, arguments: &[&str]) -> Output {
        self.command(tool(), "command").arg("smoke-cache").args(arguments).output().unwrap()
    }

    /// Returns a command that starts the helper, with pipes to talk to it.
    pub fn helper(&self) -> Command {
        let mut command = self.command(&self.helper, "helper");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }

    fn command(&self, program: &Path, run: &str) -> Command {
        let mut command = Command::new(program);
        self.directories.prepare(&mut command, run);
        self.finish(&mut command);
        command
    }

    fn finish(&self, command: &mut Command) {
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command.current_dir(self.directories.project()).envs(variables);
    }

    /// Returns `true` if a build has begun since the last [`take_builds`](Self::take_builds).
    pub fn has_begun(&self) -> bool {
        self.directories.log().exists()
    }

    /// Returns the builds since the last call, sorted.
    pub fn take_builds(&self) -> Vec<String> {
        self.directories.take_log()
    }
}
