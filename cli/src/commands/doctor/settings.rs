//! The variables, `smoke.toml`, and the repositories.

use std::env;
use std::path::Path;

use cached_smoke::tooling::{Config, INTERNAL_VARIABLES, Source, nearest, settings};

use super::Finding;
use crate::message;

const SETTINGS: &str = "settings";
const REPOS: &str = "repos";

pub(super) fn check(config: &anyhow::Result<Config>) -> Vec<Finding> {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut findings = unknown_variables(names);
    match config {
        Err(error) => {
            let (problem, help) = message::split_help(&message::of(error));
            findings.push(Finding::error(SETTINGS, problem, help.unwrap_or_else(|| "correct the value".to_owned())));
        }
        Ok(config) => {
            if findings.is_empty() {
                let file = if config.has_smoke_toml() {
                    config.smoke_toml().display().to_string()
                } else {
                    "no smoke.toml here or above; the defaults apply".to_owned()
                };
                findings.push(Finding::ok(SETTINGS, file));
            }
            findings.extend(config.repos().iter().filter_map(|(name, repo)| absent(name, &repo.source, &repo.path)));
        }
    }
    findings
}

/// Returns a finding for each variable whose name begins as those of settings, and that has no effect.
fn unknown_variables(names: impl Iterator<Item = String>) -> Vec<Finding> {
    let known: Vec<&str> = settings().iter().map(|setting| setting.variable).collect();
    let is_unknown = |name: &String| {
        name.starts_with("SMOKE_") && !known.contains(&name.as_str()) && !INTERNAL_VARIABLES.contains(&name.as_str())
    };
    let mut unknown: Vec<String> = names.filter(is_unknown).collect();
    unknown.sort();
    let finding = |name: String| {
        let help = match nearest(&name, known.iter().copied()) {
            Some(near) => format!("set `{near}` instead"),
            None => format!("run `unset {name}`; `cargo smoke-cache --help` lists the variables"),
        };
        Finding::warning(SETTINGS, format!("the variable {name} has no effect"), help)
    };
    unknown.into_iter().map(finding).collect()
}

/// Returns a finding if the directory of a repository does not exist.
fn absent(name: &str, source: &Source, path: &Path) -> Option<Finding> {
    if path.is_dir() {
        return None;
    }
    Some(match source {
        Source::Path(_) => Finding::error(
            REPOS,
            format!("{name}: directory {} does not exist", path.display()),
            format!("fix the `path` of [repos.{name}], or SMOKE_REPO_PATHS"),
        ),
        _ => Finding::warning(
            REPOS,
            format!("{name} is not fetched yet"),
            format!("run `cargo smoke-cache fetch {name}`"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_variables_are_reported_with_a_suggestion() {
        let names = ["SMOKE_CACHE_DIR", "SMOKE_CACHEDIR", "SMOKE_BUILDER", "SMOKE_XYZZYX", "PATH", "SMOKER"];
        let found = unknown_variables(names.map(str::to_owned).into_iter());
        let told: Vec<_> = found.iter().map(|one| (one.message.as_str(), one.help.as_deref().unwrap_or(""))).collect();
        assert_eq!(
            told,
            [
                ("the variable SMOKE_CACHEDIR has no effect", "set `SMOKE_CACHE_DIR` instead"),
                (
                    "the variable SMOKE_XYZZYX has no effect",
                    "run `unset SMOKE_XYZZYX`; `cargo smoke-cache --help` lists the variables"
                ),
            ]
        );
    }
}
