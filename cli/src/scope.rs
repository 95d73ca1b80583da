//! The projects whose artifacts a command removes.

use cached_smoke::tooling::{Config, Scope, StoredArtifact};
use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct ScopeArguments {
    /// Remove artifacts of all projects, not of the current one alone.
    #[arg(long)]
    all_projects: bool,
}

impl ScopeArguments {
    pub(crate) fn scope(&self, config: &Config) -> Scope {
        if self.all_projects { Scope::all() } else { Scope::project(config) }
    }
}

/// Returns the end of a summary: the number of artifacts outside of the scope.
pub(crate) fn others(scope: &Scope, stored: &[StoredArtifact]) -> String {
    match stored.iter().filter(|one| !scope.includes(one)).count() {
        0 => String::new(),
        count => format!("\n{count} artifacts of other projects stay; `--all-projects` includes them"),
    }
}
