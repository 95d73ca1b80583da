//! The command `fetch`.

use std::path::Path;
use std::process::ExitCode;

use cached_smoke::tooling::Config;
use clap::Args;
use serde::Serialize;

use crate::fetch::fetch_missing;
use crate::selection::{Selection, absent, print_errors};
use crate::{exit, json, output};

#[derive(Args, Debug)]
pub(crate) struct FetchArguments {
    /// Select repositories; all of smoke.toml if none is named.
    repos: Vec<String>,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The output of `fetch --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    repositories: Vec<Repository<'a>>,
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "fetch";
}

/// A selected repository.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Repository<'a> {
    repo: &'a str,
    /// The directory that tests read.
    path: &'a Path,
    is_available: bool,
    /// The reason why the repository is not available.
    reason: Option<&'a str>,
}

pub(super) fn run(config: &Config, arguments: &FetchArguments) -> anyhow::Result<ExitCode> {
    config.require_repos()?;
    let selected = Selection::new(config, &arguments.repos)?.repos;
    let unfetched = fetch_missing(config, &selected);
    let names: Vec<String> = selected.iter().map(|(name, _)| (*name).to_owned()).collect();
    let absent = absent(config, &names, &unfetched);
    if arguments.json {
        let repositories = selected.iter().map(|(repo, source)| {
            let reason = absent.iter().find(|one| one.repo == *repo).map(|one| one.reason.as_str());
            Repository { repo, path: &source.path, is_available: reason.is_none(), reason }
        });
        json::print(&Document { repositories: repositories.collect() });
    } else {
        for (name, repo) in selected.iter().filter(|(_, repo)| repo.path.is_dir()) {
            output::line(format_args!("{name}: {}", repo.path.display()));
        }
    }
    print_errors(&absent);
    Ok(exit::success_if(absent.is_empty()))
}
