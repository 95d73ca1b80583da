//! Fetches the repositories that are missing.

use std::fmt;
use std::time::Instant;

use cached_smoke::tooling::{Config, RepoSource, Source, create_cache};

use super::source::fetch;
use crate::progress::Bar;

/// A repository that could not be fetched.
#[derive(Debug)]
pub(crate) struct Unfetched {
    pub(crate) repo: String,
    pub(crate) reason: String,
}

impl fmt::Display for Unfetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.repo, self.reason)
    }
}

/// Fetches those of the repositories that are missing, and returns those that could not be fetched.
pub(crate) fn fetch_missing(config: &Config, repos: &[(&str, &RepoSource)]) -> Vec<Unfetched> {
    let is_missing = |repo: &RepoSource| !matches!(repo.source, Source::Path(_)) && !repo.path.is_dir();
    let missing: Vec<_> = repos.iter().filter(|(_, repo)| is_missing(repo)).collect();
    if !missing.is_empty() {
        // If this fails, each fetch fails and reports it.
        let _ = create_cache(config);
    }
    let mut unfetched = Vec::new();
    let bar = Bar::new("fetching repositories", missing.len());
    for (name, repo) in missing {
        let begun = Instant::now();
        bar.step().reset_elapsed();
        if !bar.is_terminal() {
            let from = match &repo.source {
                Source::Git { url, .. } => url.as_str(),
                Source::Pypi { requirement, .. } => requirement,
                Source::Path(_) => name,
            };
            bar.print(&format!("fetching {name} ({from})"));
        }
        match fetch(&repo.source, &repo.path, &config.fetch_dir(), bar.step()) {
            Ok(commit) => {
                bar.print(&format!("fetched {name} at {commit} in {:.1} s", begun.elapsed().as_secs_f64()));
            }
            Err(error) => {
                let failed = Unfetched { repo: (*name).to_owned(), reason: format!("{error:#}") };
                bar.print(&format!("skipped: {failed}"));
                unfetched.push(failed);
            }
        }
        bar.done();
    }
    bar.finish();
    unfetched
}
