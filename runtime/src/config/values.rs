//! The values of settings: texts of variables and of `smoke.toml`, parsed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::{DEFAULT_LOCK_TIMEOUT, Force, NO_LIMIT, RepoSource, SizeLimit, Verify, verify};
use crate::error::Error;
use crate::json;
use crate::name::{ALL, MAX_NAME, NO_REPO, check_name, check_repo_name};
use crate::units;

/// Returns the name in `smoke.toml` of the setting that a variable overrides.
pub(super) fn name_in_file(variable: &str) -> String {
    let name = variable.trim_start_matches("SMOKE_");
    let name = match name {
        "REMOTE" => "url of [remote]".to_owned(),
        _ => name.strip_prefix("REMOTE_").map_or_else(|| name.to_owned(), |name| format!("{name} of [remote]")),
    };
    name.to_lowercase().replace('_', "-")
}

/// The value of a setting, and the name of the variable or the field in `smoke.toml` that it comes from.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: String,
}

impl Setting {
    pub(super) fn reject(self, allowed: impl Into<String>) -> Error {
        Error::Setting { name: self.name, value: self.value, allowed: allowed.into() }
    }
}

/// Parses one of a few words. The first is the default.
pub(super) fn choice<T: Copy>(setting: Option<Setting>, choices: &[(&str, T)]) -> Result<T, Error> {
    let Some(setting) = setting else { return Ok(choices[0].1) };
    if let Some((_, value)) = choices.iter().find(|(word, _)| *word == setting.value) {
        return Ok(*value);
    }
    let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
    Err(setting.reject(words.join(" or ")))
}

/// Returns the value of a variable that is on or off.
pub(super) fn switch(is_on: bool) -> String {
    if is_on { "1" } else { "0" }.to_owned()
}

/// Parses names of repositories, which must be configured. `-` names the artifacts without a repository.
pub(super) fn known_names(
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

pub(super) fn force(setting: Option<Setting>, repos: &BTreeMap<String, RepoSource>) -> Result<Force, Error> {
    let Some(setting) = setting else { return Ok(Force::None) };
    if list(&setting).iter().any(|name| name == ALL) {
        return Ok(Force::All);
    }
    let names = known_names(Some(setting), repos, "`all`, or names among: ")?;
    Ok(if names.is_empty() { Force::None } else { Force::Repos(names) })
}

pub(super) fn share(setting: Setting) -> Result<Verify, Error> {
    Verify::parse(&setting.value).ok_or_else(|| setting.reject(verify::ALLOWED))
}

pub(super) fn run_id(setting: Setting) -> Result<String, Error> {
    match check_name("run", &setting.value) {
        Ok(()) => Ok(setting.value),
        Err(_) => Err(setting
            .reject(format!("1 to {MAX_NAME} of the characters A-Z a-z 0-9 . _ -, without a dot at the beginning"))),
    }
}

pub(super) fn timeout(setting: Option<Setting>) -> Result<Duration, Error> {
    setting.map_or(Ok(DEFAULT_LOCK_TIMEOUT), duration)
}

pub(super) fn duration(setting: Setting) -> Result<Duration, Error> {
    let parsed = match setting.value.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => units::parse_duration(&setting.value),
    };
    parsed.ok_or_else(|| setting.reject("a number of seconds, or a duration such as `90s`, `20m` or `1h`"))
}

pub(super) fn size_limit(setting: Setting) -> Result<SizeLimit, Error> {
    if setting.value == NO_LIMIT {
        return Ok(SizeLimit::None);
    }
    let bytes = units::parse_size(&setting.value).map(SizeLimit::Bytes);
    bytes.ok_or_else(|| setting.reject(format!("a size such as `500MB`, `5GB` or `5GiB`, or `{NO_LIMIT}`")))
}

pub(super) fn tracer(setting: Setting) -> Result<Vec<String>, Error> {
    let parsed: Option<Vec<String>> = json::parse(&setting.value).ok();
    let parsed = parsed.filter(|words| !words.is_empty());
    parsed.ok_or_else(|| setting.reject("a JSON list with a program and its arguments"))
}

/// Parses absolute directories, separated by commas. The last component of each is the name of a repository.
pub(super) fn repo_paths(setting: Option<Setting>) -> Result<Vec<(String, PathBuf)>, Error> {
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
