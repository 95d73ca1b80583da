//! The command `clean`.

use cached_smoke::tooling::units::Size;
use std::process::ExitCode;

use cached_smoke::tooling::{Config, Policy, Removed, collect, remove};
use clap::Args;
use serde::Serialize;

use crate::scope::{ScopeArguments, others};
use crate::stored::select_stored;
use crate::{json, output};

#[derive(Args, Debug)]
pub(crate) struct CleanArguments {
    /// Select repositories; all in the cache if none is named.
    repos: Vec<String>,

    /// Print what would be removed, and remove nothing.
    #[arg(long)]
    dry_run: bool,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    scope: ScopeArguments,
}

/// The output of `clean --json`.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document {
    /// `true` if `--dry-run` was given, and all artifacts stay.
    dry_run: bool,
    /// The artifacts that were removed.
    removed: Vec<Selected>,
    freed_bytes: u64,
    /// The artifacts that stay.
    kept: Vec<Selected>,
}

impl json::Document for Document {
    const COMMAND: &'static str = "clean";
}

/// An artifact that `clean` selected.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Selected {
    artifact: String,
    key: String,
    bytes: u64,
    /// The reason why the artifact stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(super) fn run(config: &Config, arguments: &CleanArguments) -> anyhow::Result<ExitCode> {
    let mut done = Document { dry_run: arguments.dry_run, ..Document::default() };
    let scope = arguments.scope.scope(config);
    let selected = select_stored(config, &arguments.repos)?;
    let others = others(&scope, &selected);
    for stored in selected.into_iter().filter(|stored| scope.includes(stored)) {
        let removed = if arguments.dry_run { Removed::Done } else { remove(config, &stored)? };
        let reason = match removed {
            Removed::Kept(reason) => Some(reason),
            _ => None,
        };
        let artifact = Selected { artifact: stored.artifact.clone(), key: stored.key(), bytes: stored.bytes, reason };
        if artifact.reason.is_some() {
            done.kept.push(artifact);
        } else {
            done.freed_bytes += artifact.bytes;
            done.removed.push(artifact);
        }
    }
    if !arguments.dry_run {
        // Empties the trash.
        collect(config, &Policy::default(), &scope)?;
    }
    if arguments.json {
        json::print(&done);
    } else {
        done.print(&others);
    }
    Ok(ExitCode::SUCCESS)
}

impl Document {
    /// `others` reports the artifacts of other projects.
    fn print(&self, others: &str) {
        if self.dry_run {
            for Selected { artifact, key, bytes, .. } in &self.removed {
                output::sentence(format_args!("would remove {artifact} of {key} ({})", Size(*bytes)));
            }
        }
        for Selected { artifact, key, reason, .. } in &self.kept {
            let reason = reason.as_deref().unwrap_or_default();
            output::sentence(format_args!("kept {artifact} of {key}: {reason}"));
        }
        let verb = if self.dry_run { "would remove" } else { "removed" };
        let (removed, kept, freed) = (self.removed.len(), self.kept.len(), Size(self.freed_bytes));
        output::line(format_args!("{verb} {removed} artifacts ({freed}); kept {kept}{others}"));
    }
}
