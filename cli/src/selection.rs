//! Which repositories a command is about.

use std::fmt;

use cached_smoke::tooling::{Config, RepoSource, Source};

use crate::fetch_missing::LeftOut;

/// The repositories of these names; all for none.
pub(crate) fn select<'a>(config: &'a Config, names: &[String]) -> Result<Vec<(&'a str, &'a RepoSource)>, String> {
    if names.is_empty() {
        return Ok(config.repos().iter().map(|(name, repo)| (name.as_str(), repo)).collect());
    }
    let mut selected = Vec::new();
    for name in names {
        let repo = config.repo(name).map_err(|error| error.report())?;
        if let Some((name, _)) = config.repos().get_key_value(name) {
            selected.push((name.as_str(), repo));
        }
    }
    Ok(selected)
}

/// Whether one of these names is meant: every one, if none is given. Names of repositories that are only in the cache any more
/// are good, too.
pub(crate) fn is_meant(names: &[String], repo: &str) -> bool {
    names.is_empty() || names.iter().any(|name| name == repo)
}

/// Whether `SMOKE_LEAVE_OUT` says so.
pub(crate) fn is_left_out(config: &Config, repo: &str) -> bool {
    config.left_out().iter().any(|left_out| left_out == repo)
}

/// Those whose tests are not to run: what is not selected, what could not be fetched, and what `SMOKE_LEAVE_OUT` says.
pub(crate) fn left_out<'a>(config: &'a Config, selected: &[(&str, &RepoSource)], unfetched: &[&str]) -> Vec<&'a str> {
    let is_run = |name: &str| {
        selected.iter().any(|(selected, _)| *selected == name)
            && !unfetched.contains(&name)
            && !is_left_out(config, name)
    };
    config.repos().keys().map(String::as_str).filter(|name| !is_run(name)).collect()
}

/// A repository that the command line names and that no test can run over.
///
/// Its message goes after `error: `.
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

/// Returns those of the repositories `named` that no test can run over, each once; `unfetched` are those whose fetch
/// failed just now.
///
/// A repository that the command line does not name is left out instead: it was not asked for by name.
pub(crate) fn unavailable(config: &Config, named: &[String], unfetched: &[LeftOut]) -> Vec<Unavailable> {
    let mut found: Vec<Unavailable> = Vec::new();
    for name in named.iter().filter(|name| is_left_out(config, name)) {
        let help = format!("remove `{name}` from SMOKE_LEAVE_OUT, or do not name it here");
        let reason = "SMOKE_LEAVE_OUT leaves it out".to_owned();
        found.push(Unavailable { repo: name.clone(), reason, help });
    }
    found.extend(absent(config, named, unfetched));
    let mut seen = std::collections::HashSet::new();
    found.retain(|one| seen.insert(one.repo.clone()));
    found
}

/// Returns those of the repositories `named` that are not there; see [`unavailable`].
pub(crate) fn absent(config: &Config, named: &[String], unfetched: &[LeftOut]) -> Vec<Unavailable> {
    let absent = |name: &String| {
        let source = config.repos().get(name).filter(|source| !source.path.is_dir())?;
        let fetch = format!("`cargo smoke-cache fetch {name}`");
        let (reason, help) = match &source.source {
            Source::Path(path) => (
                format!("there is no directory {}", path.display()),
                format!("correct the `path` of [repos.{name}] in smoke.toml, or SMOKE_REPO_PATHS"),
            ),
            _ => match unfetched.iter().find(|left_out| left_out.repo == *name) {
                Some(left_out) => {
                    (format!("failed to {}", left_out.reason), format!("run {fetch} when its source can be reached"))
                }
                None => ("it has not been fetched".to_owned(), format!("run {fetch}")),
            },
        };
        Some(Unavailable { repo: name.clone(), reason, help })
    };
    named.iter().filter_map(absent).collect()
}

/// Returns the names of both, each once: no test runs over these repositories.
pub(crate) fn names_of<'a>(unfetched: &'a [LeftOut], unavailable: &'a [Unavailable]) -> Vec<&'a str> {
    let mut names: Vec<&str> = unfetched.iter().map(|left_out| left_out.repo.as_str()).collect();
    for one in unavailable {
        if !names.contains(&one.repo.as_str()) {
            names.push(&one.repo);
        }
    }
    names
}

/// Tells on standard error what is wrong with each of them.
pub(crate) fn print_errors(unavailable: &[Unavailable]) {
    for one in unavailable {
        eprintln!("error: {one}");
    }
}
