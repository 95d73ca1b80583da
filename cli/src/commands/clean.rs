//! The command `clean`.

use std::process::ExitCode;

use bytesize::ByteSize;
use cached_smoke::tooling::{Config, Policy, Removed, collect, remove};
use clap::Args;

use crate::output;
use crate::scope::{ScopeArguments, others};
use crate::stored::select_stored;

#[derive(Args, Debug)]
pub(crate) struct CleanArguments {
    /// Select repositories; all in the cache if none is named.
    repos: Vec<String>,

    /// Print what would be removed, and remove nothing.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(config: &Config, arguments: &CleanArguments) -> anyhow::Result<ExitCode> {
    let (mut bytes, mut removed, mut kept) = (0, 0, 0);
    let scope = arguments.scope.scope(config);
    let selected = select_stored(config, &arguments.repos)?;
    let others = others(&scope, &selected);
    for artifact in selected.into_iter().filter(|artifact| scope.includes(artifact)) {
        let subject = format!("{} of {}", artifact.artifact, artifact.key());
        if arguments.dry_run {
            output::line(format_args!("would remove {subject} ({})", ByteSize(artifact.bytes)));
        } else if let Removed::Kept(reason) = remove(config, &artifact)? {
            kept += 1;
            output::line(format_args!("kept {subject}: {reason}"));
            continue;
        }
        (bytes, removed) = (bytes + artifact.bytes, removed + 1);
    }
    if !arguments.dry_run {
        // Empties the trash.
        collect(config, &Policy::default(), &scope)?;
    }
    let verb = if arguments.dry_run { "would remove" } else { "removed" };
    output::line(format_args!("{verb} {removed} artifacts ({}); kept {kept}{others}", ByteSize(bytes)));
    Ok(ExitCode::SUCCESS)
}
