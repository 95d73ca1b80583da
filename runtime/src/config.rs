//! The configuration of a process: the environment overrides `smoke.toml`, which overrides the defaults. It is read
//! once.

mod project;
mod remote;
pub(crate) mod settings;
mod smoke_toml;
mod verify;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use once_cell::sync::OnceCell;

pub use remote::{HELPER, Remote};
pub use smoke_toml::Source;
use smoke_toml::{Found, SmokeToml, TestTable};
pub(crate) use verify::Verify;

use crate::error::Error;
use crate::name::{ALL, MAX_NAME, NO_REPO, check_name, check_repo_name};
use crate::shared::settings_mark;
use crate::shared::smoke_toml::FILE_NAME;
use crate::units;

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

    /// Reads the configuration with the given environment and home. Searches `smoke.toml` in `start` and above.
    pub(crate) fn read(
        start: &Path,
        environment: &dyn Fn(&str) -> Option<OsString>,
        home: Option<PathBuf>,
    ) -> Result<Config, Error> {
        let found = SmokeToml::find(start)?;
        let file_found = found.as_ref().map(|found| found.path.clone());
        let (smoke_toml, base, file) = match found {
            Some(Found { path, base, settings }) => (path, base, settings),
            None => (start.join(FILE_NAME), start.to_owned(), SmokeToml::default()),
        };
        let defaults = &file.defaults;
        // An empty variable counts as unset, because CI systems pass unset variables on in that way.
        let variable = |name: &'static str| environment(name).filter(|value| !value.is_empty());
        let text = |name: &'static str, default: Option<&String>| -> Result<Option<Setting>, Error> {
            match variable(name) {
                Some(value) => match value.into_string() {
                    Ok(value) => Ok(Some(Setting { name: name.to_owned(), value })),
                    Err(raw) => Err(Error::Setting {
                        name: name.to_owned(),
                        value: raw.to_string_lossy().into_owned(),
                        allowed: "valid UTF-8".to_owned(),
                    }),
                },
                None => Ok(default.map(|value| Setting {
                    name: format!("{} in {}", name_in_file(name), smoke_toml.display()),
                    value: value.clone(),
                })),
            }
        };

        let cache_dir = match (variable("SMOKE_CACHE_DIR").map(PathBuf::from), &defaults.cache_dir, home) {
            (Some(path), _, _) if path.is_absolute() => path,
            (Some(path), _, _) => {
                return Err(Error::Setting {
                    name: "SMOKE_CACHE_DIR".to_owned(),
                    value: path.display().to_string(),
                    allowed: "an absolute path (test processes have different current directories)".to_owned(),
                });
            }
            (None, Some(path), _) => base.join(path),
            (None, None, Some(home)) if home.is_absolute() => home.join(DEFAULT_DIRECTORY),
            (None, None, _) => {
                return Err(Error::Setting {
                    name: "SMOKE_CACHE_DIR".to_owned(),
                    value: String::new(),
                    allowed: "set to an absolute path, because this user has no home directory with an absolute path"
                        .to_owned(),
                });
            }
        };

        let mut repos = BTreeMap::new();
        for (name, table) in &file.repos {
            check_repo_name(name).map_err(|message| Error::SmokeToml { path: smoke_toml.clone(), message })?;
            repos.insert(name.clone(), table.locate(name, &base, &cache_dir));
        }
        for (name, path) in repo_paths(text("SMOKE_REPO_PATHS", None)?)? {
            let rev = repos.get(&name).and_then(|repo: &RepoSource| repo.rev.clone());
            repos.insert(name, RepoSource { source: Source::Path(path.clone()), path, rev });
        }

        let on_miss = choice(
            text("SMOKE_ON_MISS", defaults.on_miss.as_ref())?,
            &[("build", OnMiss::Build), ("skip", OnMiss::Skip), ("fail", OnMiss::Fail)],
        )?;
        let mode = choice(
            text("SMOKE_CACHE", defaults.cache.as_ref())?,
            &[("read-write", Mode::ReadWrite), ("read-only", Mode::ReadOnly), ("off", Mode::Off)],
        )?;
        let strict = defaults.strict.map(switch);
        let strict = choice(text("SMOKE_STRICT", strict.as_ref())?, &[("0", false), ("1", true)])?;
        let detach = defaults.detach.map(switch);
        let hermetic = defaults.hermetic.map(switch);
        let announce = defaults.announce.map(|is_on| if is_on { "on" } else { "off" }.to_owned());

        // nextest also starts test binaries to list their tests, with the id of the run.
        let is_listing = variable("NEXTEST_TEST_PHASE").is_some_and(|phase| phase == "list");
        let nextest_run = text("NEXTEST_RUN_ID", None)?.filter(|_| !is_listing);

        Ok(Config {
            force: force(text("SMOKE_FORCE_REBUILD", defaults.force_rebuild.as_ref())?, &repos)?,
            mode,
            on_miss,
            strict,
            run_id: text("SMOKE_RUN_ID", None)?.or(nextest_run).map(run_id).transpose()?,
            lock_timeout: timeout(text("SMOKE_LOCK_TIMEOUT", defaults.lock_timeout.as_ref())?)?,
            size_limit: text("SMOKE_MAX_SIZE", defaults.max_size.as_ref())?
                .map_or(Ok(SizeLimit::Default), size_limit)?,
            left_out: known_names(text("SMOKE_LEAVE_OUT", None)?, &repos, "names among: ")?,
            // Only nextest sets `NEXTEST`; it may kill a test during its build.
            detach: choice(
                text("SMOKE_DETACH", detach.as_ref())?,
                if variable("NEXTEST").is_some() { &[("1", true), ("0", false)] } else { &[("0", false), ("1", true)] },
            )?,
            announce: choice(text("SMOKE_ANNOUNCE", announce.as_ref())?, &[("on", true), ("off", false)])?,
            verify: text("SMOKE_VERIFY", None)?.map(verify).transpose()?.filter(|verify| !verify.is_off()),
            hermetic: text("SMOKE_HERMETIC", hermetic.as_ref())?
                .map(|setting| choice(Some(setting), &[("1", true), ("0", false)]))
                .transpose()?,
            audit: text(AUDIT, None)?.map(tracer).transpose()?,
            stop_after: text("SMOKE_STOP_AFTER", None)?
                .map(|setting| choice(Some(setting), &[("key", StopAfter::Key), ("fixture", StopAfter::Fixture)]))
                .transpose()?,
            remote: Remote::read(&file.remote, &text)?,
            cache_dir,
            smoke_toml: file_found,
            repos,
            test: file.test,
            start: start.to_owned(),
        })
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

/// Returns the name in `smoke.toml` of the setting that a variable overrides.
fn name_in_file(variable: &str) -> String {
    let name = variable.trim_start_matches("SMOKE_");
    let name = match name {
        "REMOTE" => "url of [remote]".to_owned(),
        _ => name.strip_prefix("REMOTE_").map_or_else(|| name.to_owned(), |name| format!("{name} of [remote]")),
    };
    name.to_lowercase().replace('_', "-")
}

/// The value of a setting, and the name of the variable or the field in `smoke.toml` that it comes from.
#[derive(Clone)]
struct Setting {
    name: String,
    value: String,
}

impl Setting {
    fn reject(self, allowed: impl Into<String>) -> Error {
        Error::Setting { name: self.name, value: self.value, allowed: allowed.into() }
    }
}

/// Parses one of a few words. The first is the default.
fn choice<T: Copy>(setting: Option<Setting>, choices: &[(&str, T)]) -> Result<T, Error> {
    let Some(setting) = setting else { return Ok(choices[0].1) };
    if let Some((_, value)) = choices.iter().find(|(word, _)| *word == setting.value) {
        return Ok(*value);
    }
    let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
    Err(setting.reject(words.join(" or ")))
}

/// Returns the value of a variable that is on or off.
fn switch(is_on: bool) -> String {
    if is_on { "1" } else { "0" }.to_owned()
}

/// Parses names of repositories, which must be configured. `-` names the artifacts without a repository.
fn known_names(
    setting: Option<Setting>,
    repos: &BTreeMap<String, RepoSource>,
    allowed: &str,
) -> Result<Vec<String>, Error> {
    let Some(setting) = setting else { return Ok(Vec::new()) };
    let names = list(&setting);
    if names.iter().all(|name| name == NO_REPO || repos.contains_key(name)) {
        return Ok(names);
    }
    let known: Vec<&str> = repos.keys().map(String::as_str).collect();
    Err(setting.reject(format!(
        "{allowed}{}",
        if known.is_empty() { "no repository is configured".to_owned() } else { known.join(", ") }
    )))
}

fn list(setting: &Setting) -> Vec<String> {
    setting.value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn force(setting: Option<Setting>, repos: &BTreeMap<String, RepoSource>) -> Result<Force, Error> {
    let Some(setting) = setting else { return Ok(Force::None) };
    if list(&setting).iter().any(|name| name == ALL) {
        return Ok(Force::All);
    }
    let names = known_names(Some(setting), repos, "`all`, or names among: ")?;
    Ok(if names.is_empty() { Force::None } else { Force::Repos(names) })
}

fn verify(setting: Setting) -> Result<Verify, Error> {
    Verify::parse(&setting.value).ok_or_else(|| setting.reject(verify::ALLOWED))
}

fn run_id(setting: Setting) -> Result<String, Error> {
    match check_name("run", &setting.value) {
        Ok(()) => Ok(setting.value),
        Err(_) => Err(setting
            .reject(format!("1 to {MAX_NAME} of the characters A-Z a-z 0-9 . _ -, without a dot at the beginning"))),
    }
}

fn timeout(setting: Option<Setting>) -> Result<Duration, Error> {
    setting.map_or(Ok(DEFAULT_LOCK_TIMEOUT), duration)
}

fn duration(setting: Setting) -> Result<Duration, Error> {
    let parsed = match setting.value.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => units::parse_duration(&setting.value),
    };
    parsed.ok_or_else(|| setting.reject("a number of seconds, or a duration such as `90s`, `20m` or `1h`"))
}

fn size_limit(setting: Setting) -> Result<SizeLimit, Error> {
    if setting.value == NO_LIMIT {
        return Ok(SizeLimit::None);
    }
    let bytes = units::parse_size(&setting.value).map(SizeLimit::Bytes);
    bytes.ok_or_else(|| setting.reject(format!("a size such as `500MB`, `5GB` or `5GiB`, or `{NO_LIMIT}`")))
}

fn tracer(setting: Setting) -> Result<Vec<String>, Error> {
    let parsed: Option<Vec<String>> = serde_json::from_str(&setting.value).ok();
    let parsed = parsed.filter(|words| !words.is_empty());
    parsed.ok_or_else(|| setting.reject("a JSON list with a program and its arguments"))
}

/// Parses absolute directories, separated by commas. The last component of each is the name of a repository.
fn repo_paths(setting: Option<Setting>) -> Result<Vec<(String, PathBuf)>, Error> {
    let Some(setting) = setting else { return Ok(Vec::new()) };
    let mut paths = Vec::new();
    for part in setting.value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let path = PathBuf::from(part);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let is_known = paths.iter().any(|(other, _)| *other == name);
        if !path.is_absolute() || check_repo_name(&name).is_err() || is_known {
            return Err(setting.reject(
                "absolute directories separated by commas, each with a different repository's name as its last component",
            ));
        }
        paths.push((name, path));
    }
    Ok(paths)
}

#[cfg(test)]
mod tests;
