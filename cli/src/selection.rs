//! Selects the repositories of a command.

use std::collections::HashSet;
use std::fmt;

use cached_smoke::tooling::{Config, NO_REPO, RepoSource, Source};

use crate::fetch::Unfetched;

/// Returns the repositories with these names; all if no name is given. `-` names the artifacts without a repository.
pub(crate) fn select<'a>(config: &'a Config, names: &[String]) -> anyhow::Result<Vec<(&'a str, &'a RepoSource)>> {
    if names.is_empty() {
        return Ok(config.repos().iter().map(|(name, repo)| (name.as_str(), repo)).collect());
    }
    let mut selected = Vec::new();
    for name in names.iter().filter(|name| *name != NO_REPO) {
        let repo = config.repo(name)?;
        if let Some((name, _)) = config.repos().get_key_value(name) {
            selected.push((name.as_str(), repo));
        }
    }
    Ok(selected)
}

/// Returns `true` if `repo` is among the names, or if no name is given. The repository may exist in the cache only.
pub(crate) fn is_selected(names: &[String], repo: &str) -> bool {
    names.is_empty() || names.iter().any(|name| name == repo)
}

/// Returns `true` if `SMOKE_LEAVE_OUT` names the repository.
pub(crate) fn is_skipped(config: &Config, repo: &str) -> bool {
    config.left_out().iter().any(|skipped| skipped == repo)
}

/// Returns the repositories whose tests are skipped: not selected, not fetched, or named by `SMOKE_LEAVE_OUT`.
pub(crate) fn skipped<'a>(config: &'a Config, selected: &[(&str, &RepoSource)], unfetched: &[&str]) -> Vec<&'a str> {
    let is_run = |name: &str| {
        selected.iter().any(|(selected, _)| *selected == name)
            && !unfetched.contains(&name)
            && !is_skipped(config, name)
    };
    config.repos().keys().map(String::as_str).filter(|name| !is_run(name)).collect()
}

/// A repository that the command line names, and over which no test can run. Displayed after `error: `.
#[derive(Debug)]
pub(crate) struct Unavailable {
    pub(crate) repo: String,
    reason: String,
    help: String,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\nhelp: {}", self.repo, self.reason, self.help)
    }
}

/// Returns each of the repositories `named` over which no test can run.
///
/// `unfetched` lists failed fetches. Repositories that the command line does not name are skipped instead.
pub(crate) fn unavailable(config: &Config, named: &[String], unfetched: &[Unfetched]) -> Vec<Unavailable> {
    let mut found: Vec<Unavailable> = Vec::new();
    for name in named.iter().filter(|name| is_skipped(config, name)) {
        let help = format!("remove `{name}` from SMOKE_LEAVE_OUT, or do not name it on the command line");
        let reason = "skipped by SMOKE_LEAVE_OUT".to_owned();
        found.push(Unavailable { repo: name.clone(), reason, help });
    }
    found.extend(absent(config, named, unfetched));
    let mut seen = HashSet::new();
    found.retain(|one| seen.insert(one.repo.clone()));
    found
}

/// Returns each of the repositories `named` whose directory does not exist; see [`unavailable`].
pub(crate) fn absent(config: &Config, named: &[String], unfetched: &[Unfetched]) -> Vec<Unavailable> {
    let absent = |name: &String| {
        let source = config.repos().get(name).filter(|source| !source.path.is_dir())?;
        let fetch = format!("`cargo smoke-cache fetch {name}`");
        let (reason, help) = match &source.source {
            Source::Path(path) => (
                format!("directory {} does not exist", path.display()),
                format!("fix the `path` of [repos.{name}] in smoke.toml, or SMOKE_REPO_PATHS"),
            ),
            _ => match unfetched.iter().find(|unfetched| unfetched.repo == *name) {
                Some(unfetched) => (unfetched.reason.clone(), format!("run {fetch} when its source is reachable")),
                None => ("not fetched yet".to_owned(), format!("run {fetch}")),
            },
        };
        Some(Unavailable { repo: name.clone(), reason, help })
    };
    named.iter().filter_map(absent).collect()
}

/// Returns the names of both, each once: no test runs over these repositories.
pub(crate) fn names_of<'a>(unfetched: &'a [Unfetched], unavailable: &'a [Unavailable]) -> Vec<&'a str> {
    let mut names: Vec<&str> = unfetched.iter().map(|unfetched| unfetched.repo.as_str()).collect();
    for one in unavailable {
        if !names.contains(&one.repo.as_str()) {
            names.push(&one.repo);
        }
    }
    names
}

/// Prints an error for each of them.
pub(crate) fn print_errors(unavailable: &[Unavailable]) {
    for one in unavailable {
        eprintln!("error: {one}");
    }
}
