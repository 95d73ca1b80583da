//! The settings of a process: the environment over `smoke.toml` over the defaults, read once.

mod remote;
pub(crate) mod settings;
mod smoke_toml;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytesize::ByteSize;
use once_cell::sync::OnceCell;

pub use remote::Remote;
use smoke_toml::SmokeToml;
pub use smoke_toml::Source;

use crate::error::Error;

/// Where the cache is when nothing says otherwise, below the home directory.
const DEFAULT_DIRECTORY: &str = ".cdsagent-smoke-cache";
/// Longer than any build that was measured (Django in a debug build: 507 s of CPU), shorter than a CI job's limit.
pub(crate) const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_hours(1);
/// Long enough for any name in use, short enough for every file system once a suffix is added.
pub(crate) const MAX_NAME: usize = 64;

/// What may be done with the entries of the cache (`SMOKE_CACHE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    ReadWrite,
    ReadOnly,
    Off,
}

/// What to do on a miss (`SMOKE_ON_MISS`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnMiss {
    Build,
    Skip,
    Fail,
}

/// How far tests go (`SMOKE_STOP_AFTER`): all of them pass then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopAfter {
    /// They compute their keys and look whether those are in the cache.
    Key,
    /// They have their fixtures.
    Fixture,
}

/// Which repositories to build afresh once in this run (`SMOKE_FORCE_REBUILD`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Force {
    None,
    All,
    Repos(Vec<String>),
}

impl Force {
    pub(crate) fn covers(&self, repo: &str) -> bool {
        match self {
            Force::None => false,
            Force::All => true,
            Force::Repos(names) => names.iter().any(|name| name == repo),
        }
    }
}

/// Where a repository comes from and where it lies.
#[derive(Clone, Debug)]
pub struct RepoSource {
    /// Its source.
    pub source: Source,
    /// The directory that it is used from.
    pub path: PathBuf,
    /// The revision that it must be at.
    pub rev: Option<String>,
}

/// Everything that the environment and `smoke.toml` say.
#[derive(Debug)]
pub struct Config {
    pub(crate) cache_dir: PathBuf,
    pub(crate) force: Force,
    pub(crate) mode: Mode,
    pub(crate) on_miss: OnMiss,
    pub(crate) strict: bool,
    pub(crate) run_id: Option<String>,
    pub(crate) lock_timeout: Duration,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) left_out: Vec<String>,
    pub(crate) stop_after: Option<StopAfter>,
    pub(crate) detach: bool,
    pub(crate) remote: Option<Remote>,
    pub(crate) smoke_toml: PathBuf,
    pub(crate) repos: BTreeMap<String, RepoSource>,
    pub(crate) test_args: Vec<String>,
}

/// Returns the directory of the package whose test this process runs, else the current directory.
pub(crate) fn package_directory() -> Result<PathBuf, Error> {
    // cargo and nextest set the manifest directory for the tests that they run (nextest remaps it, too).
    let start = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).map_or_else(std::env::current_dir, Ok);
    start.map_err(Error::io("find the current directory from", Path::new(".")))
}

impl Config {
    /// The settings of this process, read on first use.
    ///
    /// # Errors
    /// A variable or `smoke.toml` holds something that means nothing.
    pub fn of_process() -> Result<&'static Config, Error> {
        static CONFIG: OnceCell<Config> = OnceCell::new();
        CONFIG.get_or_try_init(|| Config::for_directory(&package_directory()?))
    }

    /// The settings as a process in `directory` would have them.
    ///
    /// # Errors
    /// A variable or `smoke.toml` holds something that means nothing.
    pub fn for_directory(directory: &Path) -> Result<Config, Error> {
        Config::read(directory, &|name| std::env::var_os(name), dirs::home_dir())
    }

    /// As [`Config::of_process`], but from `start` upwards, with the given environment and home.
    pub(crate) fn read(
        start: &Path,
        environment: &dyn Fn(&str) -> Option<OsString>,
        home: Option<PathBuf>,
    ) -> Result<Config, Error> {
        let (smoke_toml, file) = SmokeToml::find(start)?;
        let base = smoke_toml.parent().unwrap_or(start).to_owned();
        let defaults = &file.defaults;
        // An empty variable counts as unset: that is how CI systems pass on what was not given.
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
                    allowed: "an absolute path (every test process has another current directory)".to_owned(),
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

        Ok(Config {
            force: force(text("SMOKE_FORCE_REBUILD", defaults.force_rebuild.as_ref())?, &repos)?,
            mode,
            on_miss,
            strict,
            run_id: text("SMOKE_RUN_ID", None)?.or(text("NEXTEST_RUN_ID", None)?).map(run_id).transpose()?,
            lock_timeout: timeout(text("SMOKE_LOCK_TIMEOUT", defaults.lock_timeout.as_ref())?)?,
            max_bytes: max_bytes(text("SMOKE_MAX_SIZE", defaults.max_size.as_ref())?)?,
            left_out: known_names(text("SMOKE_LEAVE_OUT", None)?, &repos, "names among: ")?,
            // A runner that may kill a test in the midst of its build: no other sets this.
            detach: choice(
                text("SMOKE_DETACH", detach.as_ref())?,
                if variable("NEXTEST").is_some() { &[("1", true), ("0", false)] } else { &[("0", false), ("1", true)] },
            )?,
            stop_after: text("SMOKE_STOP_AFTER", None)?
                .map(|setting| choice(Some(setting), &[("key", StopAfter::Key), ("fixture", StopAfter::Fixture)]))
                .transpose()?,
            remote: Remote::read(&file.remote, &text)?,
            cache_dir,
            smoke_toml,
            repos,
            test_args: file.test.args,
        })
    }

    /// The repository's source and place.
    ///
    /// # Errors
    /// Nobody knows a repository of this name.
    pub fn repo(&self, name: &str) -> Result<&RepoSource, Error> {
        self.repos.get(name).ok_or_else(|| Error::UnknownRepo {
            name: name.to_owned(),
            known: self.repos.keys().cloned().collect(),
            smoke_toml: self.smoke_toml.clone(),
        })
    }

    /// Every repository by name.
    pub fn repos(&self) -> &BTreeMap<String, RepoSource> {
        &self.repos
    }

    /// The cache directory.
    pub fn cache_dir(&self) -> &Path {
        &self.cache_dir
    }

    /// Whether anything may be put into it.
    pub fn is_writable(&self) -> bool {
        self.mode == Mode::ReadWrite
    }

    /// The limit that `SMOKE_MAX_SIZE` sets, in bytes.
    pub fn max_bytes(&self) -> Option<u64> {
        self.max_bytes
    }

    /// The shared tier, if there is one.
    pub fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref()
    }

    /// Sets the helper that this process starts where the settings name none: a program and its arguments.
    pub fn set_default_helper(&mut self, helper: Vec<String>) {
        if let Some(remote) = &mut self.remote {
            remote.default_helper = helper;
        }
    }

    /// The repositories that `SMOKE_LEAVE_OUT` leaves out of the run.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Where repositories are fetched to before they are moved to their place.
    pub fn workshop(&self) -> PathBuf {
        crate::layout::workshop(&self.cache_dir)
    }

    /// The arguments that `smoke.toml` wants the test runner to be given: which tests are the smoke tests.
    pub fn test_args(&self) -> &[String] {
        &self.test_args
    }
}

/// Whether `name` can name a repository or an artifact, which become file names on every system.
///
/// # Errors
/// A sentence that says what is wrong.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), String> {
    let valid = !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if valid {
        return Ok(());
    }
    Err(format!(
        "the {what} name `{name}` must be 1 to {MAX_NAME} of the characters A-Z a-z 0-9 . _ - and not begin with a dot"
    ))
}

/// What `smoke.toml` calls a variable.
fn name_in_file(variable: &str) -> String {
    let name = variable.trim_start_matches("SMOKE_");
    let name = match name {
        "REMOTE" => "url of [remote]".to_owned(),
        _ => name.strip_prefix("REMOTE_").map_or_else(|| name.to_owned(), |name| format!("{name} of [remote]")),
    };
    name.to_lowercase().replace('_', "-")
}

/// A setting's text and where it was said.
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

/// One of a few words; the first is the default.
fn choice<T: Copy>(setting: Option<Setting>, choices: &[(&str, T)]) -> Result<T, Error> {
    let Some(setting) = setting else { return Ok(choices[0].1) };
    if let Some((_, value)) = choices.iter().find(|(word, _)| *word == setting.value) {
        return Ok(*value);
    }
    let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
    Err(setting.reject(words.join(" or ")))
}

/// As a variable says it.
fn switch(is_on: bool) -> String {
    if is_on { "1" } else { "0" }.to_owned()
}

/// The word that means every repository.
const ALL: &str = "all";

/// Whether `name` can name a repository.
pub(crate) fn check_repo_name(name: &str) -> Result<(), String> {
    if name == ALL {
        return Err(format!("no repository can be called `{ALL}`: SMOKE_FORCE_REBUILD={ALL} means every one"));
    }
    check_name("repository", name)
}

/// Names of repositories, all of them known.
fn known_names(
    setting: Option<Setting>,
    repos: &BTreeMap<String, RepoSource>,
    allowed: &str,
) -> Result<Vec<String>, Error> {
    let Some(setting) = setting else { return Ok(Vec::new()) };
    let names = list(&setting);
    if names.iter().all(|name| repos.contains_key(name)) {
        return Ok(names);
    }
    let known: Vec<&str> = repos.keys().map(String::as_str).collect();
    Err(setting
        .reject(format!("{allowed}{}", if known.is_empty() { "none is known".to_owned() } else { known.join(", ") })))
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

fn run_id(setting: Setting) -> Result<String, Error> {
    match check_name("run", &setting.value) {
        Ok(()) => Ok(setting.value),
        Err(_) => {
            Err(setting
                .reject(format!("1 to {MAX_NAME} of the characters A-Z a-z 0-9 . _ -, not beginning with a dot")))
        }
    }
}

fn timeout(setting: Option<Setting>) -> Result<Duration, Error> {
    setting.map_or(Ok(DEFAULT_LOCK_TIMEOUT), duration)
}

fn duration(setting: Setting) -> Result<Duration, Error> {
    let parsed = match setting.value.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(&setting.value).ok(),
    };
    parsed.ok_or_else(|| setting.reject("a number of seconds, or a duration such as `90s`, `20m` or `1h`"))
}

fn max_bytes(setting: Option<Setting>) -> Result<Option<u64>, Error> {
    let Some(setting) = setting else { return Ok(None) };
    match setting.value.parse::<ByteSize>() {
        Ok(size) => Ok(Some(size.as_u64())),
        Err(_) => Err(setting.reject("a size such as `500MB`, `5GB` or `5GiB`")),
    }
}

/// Absolute directories, separated by commas; each is named by its last component.
fn repo_paths(setting: Option<Setting>) -> Result<Vec<(String, PathBuf)>, Error> {
    let Some(setting) = setting else { return Ok(Vec::new()) };
    let mut paths = Vec::new();
    for part in setting.value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let path = PathBuf::from(part);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let is_known = paths.iter().any(|(other, _)| *other == name);
        if !path.is_absolute() || check_repo_name(&name).is_err() || is_known {
            return Err(setting.reject(
                "absolute directories separated by commas, the last component of each a repository's name, each once",
            ));
        }
        paths.push((name, path));
    }
    Ok(paths)
}

#[cfg(test)]
mod tests;
