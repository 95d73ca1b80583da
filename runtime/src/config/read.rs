//! The settings of an environment and of `smoke.toml`, as a configuration.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::smoke_toml::{Found, SmokeToml, Source};
use super::values::{self, Setting};
use super::{AUDIT, Config, DEFAULT_DIRECTORY, Mode, OnMiss, Remote, RepoSource, SizeLimit, StopAfter};
use crate::error::Error;
use crate::name::check_repo_name;
use crate::shared::smoke_toml::FILE_NAME;

impl Config {
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
                    name: format!("{} in {}", values::name_in_file(name), smoke_toml.display()),
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
        for (name, path) in values::repo_paths(text("SMOKE_REPO_PATHS", None)?)? {
            let rev = repos.get(&name).and_then(|repo: &RepoSource| repo.rev.clone());
            repos.insert(name, RepoSource { source: Source::Path(path.clone()), path, rev });
        }

        let on_miss = values::choice(
            text("SMOKE_ON_MISS", defaults.on_miss.as_ref())?,
            &[("build", OnMiss::Build), ("skip", OnMiss::Skip), ("fail", OnMiss::Fail)],
        )?;
        let mode = values::choice(
            text("SMOKE_CACHE", defaults.cache.as_ref())?,
            &[("read-write", Mode::ReadWrite), ("read-only", Mode::ReadOnly), ("off", Mode::Off)],
        )?;
        let strict = defaults.strict.map(values::switch);
        let strict = values::choice(text("SMOKE_STRICT", strict.as_ref())?, &[("0", false), ("1", true)])?;
        let detach = defaults.detach.map(values::switch);
        let hermetic = defaults.hermetic.map(values::switch);
        let announce = defaults.announce.map(|is_on| if is_on { "on" } else { "off" }.to_owned());

        // nextest also starts test binaries to list their tests, with the id of the run.
        let is_listing = variable("NEXTEST_TEST_PHASE").is_some_and(|phase| phase == "list");
        let nextest_run = text("NEXTEST_RUN_ID", None)?.filter(|_| !is_listing);

        Ok(Config {
            force: values::force(text("SMOKE_FORCE_REBUILD", defaults.force_rebuild.as_ref())?, &repos)?,
            mode,
            on_miss,
            strict,
            run_id: text("SMOKE_RUN_ID", None)?.or(nextest_run).map(values::run_id).transpose()?,
            lock_timeout: values::timeout(text("SMOKE_LOCK_TIMEOUT", defaults.lock_timeout.as_ref())?)?,
            size_limit: text("SMOKE_MAX_SIZE", defaults.max_size.as_ref())?
                .map_or(Ok(SizeLimit::Default), values::size_limit)?,
            left_out: values::known_names(text("SMOKE_LEAVE_OUT", None)?, &repos, "names among: ")?,
            // Only nextest sets `NEXTEST`; it may kill a test during its build.
            detach: values::choice(
                text("SMOKE_DETACH", detach.as_ref())?,
                if variable("NEXTEST").is_some() { &[("1", true), ("0", false)] } else { &[("0", false), ("1", true)] },
            )?,
            announce: values::choice(text("SMOKE_ANNOUNCE", announce.as_ref())?, &[("on", true), ("off", false)])?,
            verify: text("SMOKE_VERIFY", None)?.map(values::share).transpose()?.filter(|verify| !verify.is_off()),
            hermetic: text("SMOKE_HERMETIC", hermetic.as_ref())?
                .map(|setting| values::choice(Some(setting), &[("1", true), ("0", false)]))
                .transpose()?,
            audit: text(AUDIT, None)?.map(values::tracer).transpose()?,
            stop_after: text("SMOKE_STOP_AFTER", None)?
                .map(|setting| {
                    values::choice(Some(setting), &[("key", StopAfter::Key), ("fixture", StopAfter::Fixture)])
                })
                .transpose()?,
            remote: Remote::read(&file.remote, &text)?,
            cache_dir,
            smoke_toml: file_found,
            repos,
            test: file.test,
            start: start.to_owned(),
        })
    }
}
