//! Selects the repositories of a command.

use std::collections::HashSet;
use std::fmt;

use cached_smoke::tooling::{Config, NO_REPO, RepoSource, Source};

use crate::fetch::Unfetched;
use crate::output;

/// The tests of a command.
pub(crate) struct Selection<'a> {
    /// The repositories, by name.
    pub(crate) repos: Vec<(&'a str, &'a RepoSource)>,
    /// `true` if tests without a repository belong to it.
    pub(crate) is_without_repo: bool,
}

impl<'a> Selection<'a> {
    /// Selects the repositories with these names, and the tests without a repository by the name `-`; all if no name is
    /// given.
    ///
    /// # Errors
    /// Fails if a name is unknown.
    pub(crate) fn new(config: &'a Config, names: &[String]) -> anyhow::Result<Selection<'a>> {
        let is_without_repo = is_selected(names, NO_REPO);
        if names.is_empty() {
            let repos = config.repos().iter().map(|(name, repo)| (name.as_str(), repo)).collect();
            return Ok(Selection { repos, is_without_repo });
        }
        let mut repos = Vec::new();
        for name in names.iter().filter(|name| *name != NO_REPO) {
            let repo = config.repo(name)?;
            if let Some((name, _)) = config.repos().get_key_value(name) {
                repos.push((name.as_str(), repo));
            }
        }
        Ok(Selection { repos, is_without_repo })
    }

    /// Returns the names of the repositories, and `-` for none.
    pub(crate) fn names(&self) -> Vec<&'a str> {
        self.repos.iter().map(|(name, _)| *name).chain(self.is_without_repo.then_some(NO_REPO)).collect()
    }

    /// Returns `true` if tests can run although these repositories are unavailable.
    pub(crate) fn has_tests(&self, config: &Config, unavailable: &[&str]) -> bool {
        let is_left = |name: &&str| !unavailable.contains(name) && !is_skipped(config, name);
        self.names().iter().any(is_left)
    }

    /// Returns the repositories whose tests are skipped: not selected, not fetched, or named by `SMOKE_LEAVE_OUT`.
    pub(crate) fn skipped(&self, config: &'a Config, unfetched: &[&str]) -> Vec<&'a str> {
        let selected = self.names();
        let is_run = |name: &str| selected.contains(&name) && !unfetched.contains(&name) && !is_skipped(config, name);
        config.repos().keys().map(String::as_str).chain([NO_REPO]).filter(|name| !is_run(name)).collect()
    }
}

/// Returns `true` if `repo` is among the names, or if no name is given. The repository may exist in the cache only.
pub(crate) fn is_selected(names: &[String], repo: &str) -> bool {
    names.is_empty() || names.iter().any(|name| name == repo)
}

/// Returns `true` if `SMOKE_LEAVE_OUT` names the repository.
pub(crate) fn is_skipped(config: &Config, repo: &str) -> bool {
    config.left_out().iter().any(|skipped| skipped == repo)
}

/// A repository that the command line names, and over which no test can run. Displayed after `error: `.
#[derive(Debug)]
pub(crate) struct Unavailable {
    pub(crate) repo: String,
    pub(crate) reason: String,
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
        output::error(one);
    }
}
