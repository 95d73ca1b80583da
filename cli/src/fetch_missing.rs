//! Getting every repository that is named and not there.

use std::process::ExitCode;
use std::time::Instant;

use cached_smoke::tooling::{Config, RepoSource, Source, create_cache};

use crate::fetch::fetch;
use crate::output;
use crate::progress::Bar;
use crate::selection::{absent, print_errors, select};

/// A repository that could not be fetched.
#[derive(Debug)]
pub(crate) struct LeftOut {
    pub(crate) repo: String,
    pub(crate) reason: String,
}

/// The command `fetch`.
pub(crate) fn run(config: &Config, names: &[String]) -> Result<ExitCode, String> {
    let selected = select(config, names)?;
    let left_out = fetch_missing(config, &selected);
    for (name, repo) in selected.iter().filter(|(_, repo)| repo.path.is_dir()) {
        output::line(format_args!("{name}: {}", repo.path.display()));
    }
    let meant: Vec<String> = selected.iter().map(|(name, _)| (*name).to_owned()).collect();
    let absent = absent(config, &meant, &left_out);
    print_errors(&absent);
    Ok(if absent.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Fetches those that are missing and says which could not be.
pub(crate) fn fetch_missing(config: &Config, repos: &[(&str, &RepoSource)]) -> Vec<LeftOut> {
    let missing: Vec<_> =
        repos.iter().filter(|(_, repo)| !matches!(repo.source, Source::Path(_)) && !repo.path.is_dir()).collect();
    if !missing.is_empty() {
        // Where that cannot be done, each fetch says so.
        let _ = create_cache(config);
    }
    let mut left_out = Vec::new();
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
            bar.say(&format!("fetching {name} ({from})"));
        }
        match fetch(&repo.source, &repo.path, &config.workshop(), bar.step()) {
            Ok(fetched) => {
                let seconds = begun.elapsed().as_secs_f64();
                bar.say(&format!("fetched {name} at {} in {seconds:.1} s", fetched.revision));
            }
            Err(error) => {
                let reason = with_causes(&error);
                bar.say(&format!("left out: {name}: failed to {reason}"));
                left_out.push(LeftOut { repo: (*name).to_owned(), reason });
            }
        }
        bar.done();
    }
    bar.finish();
    left_out
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
