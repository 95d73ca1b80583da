//! The configuration of a process: the environment overrides `smoke.toml`, which overrides the defaults. It is read
//! once.

mod project;
mod read;
mod remote;
pub(crate) mod settings;
mod smoke_toml;
mod values;
mod verify;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use once_cell::sync::OnceCell;

pub use remote::{HELPER, Remote};
pub use smoke_toml::Source;
use smoke_toml::TestTable;
pub(crate) use verify::Verify;

use crate::error::Error;
use crate::shared::settings_mark;
use crate::shared::smoke_toml::FILE_NAME;

/// The default cache directory, below the home directory.
const DEFAULT_DIRECTORY: &str = ".cdsagent-smoke-cache";
/// The default limit on the size of the cache: some versions of the artifacts of several projects, and a small part of
/// a disk. The smoke tests of this workspace take 1 GB.
const DEFAULT_MAX_BYTES: u64 = 10_000_000_000;
/// The size of a cache without a limit.
const NO_LIMIT: &str = "none";
/// The variable by which `cargo smoke-cache audit` makes tests audit their artifacts: a JSON list with the tracer and
/// its arguments.
pub const AUDIT: &str = "SMOKE_AUDIT";
/// The mark of executables that use this crate, by which `cargo smoke-cache` finds them among all test binaries.
pub static MARK: [u8; 32] = *b"cached-smoke:uses-the-cache:3f9d";
/// The default limit on a wait for a lock. Longer than every measured build (Django in a debug build: 507 s of CPU),
/// shorter than the time limit of a CI job.
pub(crate) const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// The use of the cache's entries (`SMOKE_CACHE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    ReadWrite,
    ReadOnly,
    Off,
}

/// The action on a miss (`SMOKE_ON_MISS`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnMiss {
    Build,
    Skip,
    Fail,
}

/// The step after which tests stop and pass (`SMOKE_STOP_AFTER`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopAfter {
    /// After the keys are computed and looked up in the cache.
    Key,
    /// After the fixtures are available.
    Fixture,
}

/// The repositories whose artifacts are rebuilt once in this run (`SMOKE_FORCE_REBUILD`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Force {
    None,
    All,
    Repos(Vec<String>),
}

impl Force {
    /// Returns `true` if the artifacts of `repo` are rebuilt.
    pub(crate) fn covers(&self, repo: &str) -> bool {
        match self {
            Force::None => false,
            Force::All => true,
            Force::Repos(names) => names.iter().any(|name| name == repo),
        }
    }
}

/// The limit on the size of the cache (`SMOKE_MAX_SIZE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SizeLimit {
    Default,
    Bytes(u64),
    None,
}

/// The source and the directory of a repository.
#[derive(Clone, Debug)]
pub struct RepoSource {
    /// The source.
    pub source: Source,
    /// The directory that tests read.
    pub path: PathBuf,
    /// The pinned revision.
    pub rev: Option<String>,
}

/// The settings of the environment and `smoke.toml`.
#[derive(Debug)]
pub struct Config {
    pub(crate) cache_dir: PathBuf,
    pub(crate) force: Force,
    pub(crate) mode: Mode,
    pub(crate) on_miss: OnMiss,
    pub(crate) strict: bool,
    pub(crate) run_id: Option<String>,
    pub(crate) lock_timeout: Duration,
    pub(crate) size_limit: SizeLimit,
    pub(crate) left_out: Vec<String>,
    pub(crate) stop_after: Option<StopAfter>,
    pub(crate) detach: bool,
    pub(crate) announce: bool,
    pub(crate) verify: Option<Verify>,
    /// All builds are hermetic, or none is. `None` leaves it to the suites.
    pub(crate) hermetic: Option<bool>,
    /// The tracer of an audit, and its arguments before the path of the trace.
    pub(crate) audit: Option<Vec<String>>,
    pub(crate) remote: Option<Remote>,
    /// The file of the settings, if there is one.
    smoke_toml: Option<PathBuf>,
    pub(crate) repos: BTreeMap<String, RepoSource>,
    pub(crate) test: TestTable,
    /// The directory that the process starts from: its package, or the current directory.
    start: PathBuf,
}

/// Returns the directory of the package whose test this process runs, else the current directory.
pub(crate) fn package_directory() -> Result<PathBuf, Error> {
    // Cargo and nextest set the manifest directory for the tests that they run; nextest also remaps it.
    let start = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).map_or_else(std::env::current_dir, Ok);
    start.map_err(Error::io("find the current directory from", Path::new(".")))
}

impl Config {
    /// Returns the configuration of this process. The first call reads it.
    ///
    /// # Errors
    /// Fails if a variable or `smoke.toml` has an invalid value.
    pub fn of_process() -> Result<&'static Config, Error> {
        static CONFIG: OnceCell<Config> = OnceCell::new();
        // Without this use, the linker would remove the mark.
        std::hint::black_box(&MARK);
        CONFIG.get_or_try_init(|| {
            let package = package_directory()?;
            let config = Config::for_directory(&package)?;
            config.check_mark(&package)?;
            Ok(config)
        })
    }

    /// Fails if the tests of this executable were compiled with other settings: their repositories may be wrong.
    fn check_mark(&self, package: &Path) -> Result<(), Error> {
        let Ok(executable) = std::env::current_exe() else { return Ok(()) };
        let directory = settings_mark::directory(executable.parent().unwrap_or(&executable), package);
        match settings_mark::remove_others(&directory, self.smoke_toml.as_deref()) {
            Ok(true) => Err(Error::Message(
                "smoke.toml was added, moved or removed after these tests were compiled\n\
                 help: run the tests again; cargo then compiles them"
                    .to_owned(),
            )),
            // Where the directory is read-only, cargo does not compile either.
            Ok(false) | Err(_) => Ok(()),
        }
    }

    /// Returns the configuration of a process in `directory`.
    ///
    /// # Errors
    /// Fails if a variable or `smoke.toml` has an invalid value.
    pub fn for_directory(directory: &Path) -> Result<Config, Error> {
        Config::read(directory, &|name| std::env::var_os(name), dirs::home_dir())
    }

    /// Returns the source and the directory of a repository.
    ///
    /// # Errors
    /// Fails if no repository with this name is configured.
    pub fn repo(&self, name: &str) -> Result<&RepoSource, Error> {
        self.repos.get(name).ok_or_else(|| match self.require_repos() {
            Err(error) => error,
            Ok(()) => Error::UnknownRepo {
                name: name.to_owned(),
                known: self.repos.keys().cloned().collect(),
                smoke_toml: self.smoke_toml(),
            },
        })
    }

    /// Checks that there is a list of repositories.
    ///
    /// # Errors
    /// Fails if there are neither a `smoke.toml` nor `SMOKE_REPO_PATHS`.
    pub fn require_repos(&self) -> Result<(), Error> {
        if self.has_smoke_toml() || !self.repos.is_empty() { Ok(()) } else { Err(Error::NoSmokeToml) }
    }

    /// Returns the file of the settings: `smoke.toml`, or the manifest with the table; without settings, the path of a
    /// `smoke.toml` in the current directory.
    pub fn smoke_toml(&self) -> PathBuf {
        self.smoke_toml.clone().unwrap_or_else(|| self.start.join(FILE_NAME))
    }

    /// Returns `true` if there is a file of settings.
    pub fn has_smoke_toml(&self) -> bool {
        self.smoke_toml.is_some()
    }

    /// Returns all repositories by name.
    pub fn repos(&self) -> &BTreeMap<String, RepoSource> {
        &self.repos
    }

    /// Returns the cache directory.
    pub fn cache_dir(&self) -> &Path {
        &self.cache_dir
    }

    /// Returns `true` if this process may write to the cache.
    pub fn is_writable(&self) -> bool {
        self.mode == Mode::ReadWrite
    }

    /// Returns the limit on the size of the cache (`SMOKE_MAX_SIZE`), in bytes.
    pub fn max_bytes(&self) -> Option<u64> {
        match self.size_limit {
            SizeLimit::Default => Some(DEFAULT_MAX_BYTES),
            SizeLimit::Bytes(bytes) => Some(bytes),
            SizeLimit::None => None,
        }
    }

    /// Returns the settings of the remote cache, if one is configured.
    pub fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref()
    }

    /// Returns the settings of the remote cache.
    ///
    /// # Errors
    /// Fails if no remote cache is configured.
    pub fn required_remote(&self) -> Result<&Remote, Error> {
        const HELP: &str = "set SMOKE_REMOTE, or `url` in `[remote]` of smoke.toml, such as \
                            s3://bucket/prefix?region=eu-central-1";
        self.remote().ok_or_else(|| Error::Message(format!("no remote cache is configured\nhelp: {HELP}")))
    }

    /// Sets the program that this process starts as the helper if the settings name none.
    pub fn set_default_helper(&mut self, helper: String) {
        if let Some(remote) = &mut self.remote {
            remote.default_helper = helper;
        }
    }

    /// Returns the repositories that the run skips (`SMOKE_LEAVE_OUT`).
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Returns the directory that repositories are fetched into before they are moved to their final path.
    pub fn fetch_dir(&self) -> PathBuf {
        crate::layout::fetch_dir(&self.cache_dir)
    }

    /// Returns the project of the process: the absolute directory of its cargo workspace.
    ///
    /// The manifest of an artifact names the project that built or fetched it, and its key does not. So all projects
    /// of a machine share an artifact with the same key.
    pub fn project(&self) -> String {
        let otherwise = self.smoke_toml.as_deref().and_then(Path::parent).unwrap_or(&self.start);
        project::of(&self.start, otherwise).to_string_lossy().into_owned()
    }

    /// Returns the arguments for the test runner from `smoke.toml`, which select the smoke tests.
    pub fn test_args(&self) -> &[String] {
        &self.test.args
    }

    /// Returns `true` if `smoke.toml` lets `cargo smoke-cache` run ignored tests.
    pub fn runs_ignored_tests(&self) -> bool {
        self.test.ignored
    }
}

#[cfg(test)]
mod tests;
