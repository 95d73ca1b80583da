//! Which repositories a command is about.

use cached_smoke::tooling::{Config, RepoSource};

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
