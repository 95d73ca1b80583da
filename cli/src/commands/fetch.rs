//! The command `fetch`.

use std::process::ExitCode;

use cached_smoke::tooling::Config;
use clap::Args;

use crate::fetch::fetch_missing;
use crate::selection::{Selection, absent, print_errors};
use crate::{exit, output};

#[derive(Args, Debug)]
pub(crate) struct FetchArguments {
    /// Select repositories; all of smoke.toml if none is named.
    repos: Vec<String>,
}

pub(super) fn run(config: &Config, arguments: &FetchArguments) -> anyhow::Result<ExitCode> {
    config.require_repos()?;
    let selected = Selection::new(config, &arguments.repos)?.repos;
    let unfetched = fetch_missing(config, &selected);
    for (name, repo) in selected.iter().filter(|(_, repo)| repo.path.is_dir()) {
        output::line(format_args!("{name}: {}", repo.path.display()));
    }
    let names: Vec<String> = selected.iter().map(|(name, _)| (*name).to_owned()).collect();
    let absent = absent(config, &names, &unfetched);
    print_errors(&absent);
    Ok(exit::success_if(absent.is_empty()))
}
