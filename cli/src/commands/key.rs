//! The command `key`.

use std::process::ExitCode;

use cached_smoke::tooling::{Config, KeyReport, hex};
use clap::Args;
use comfy_table::Cell;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::runner::RunnerArguments;
use crate::table::{self, Row};
use crate::{configuration, keys, output};

#[derive(Args, Debug)]
pub(crate) struct KeyArguments {
    /// Select repositories; all of smoke.toml that are fetched if none is named.
    repos: Vec<String>,

    /// Print JSON.
    #[arg(long, conflicts_with = "hash")]
    json: bool,

    /// Print one digest of all keys.
    #[arg(long)]
    hash: bool,

    #[command(flatten)]
    runner: RunnerArguments,
}

#[derive(Serialize)]
struct KeyRow<'a> {
    repo: &'a str,
    artifact: &'a str,
    key: &'a str,
    digest: &'a str,
    is_there: bool,
    /// The reason for a miss.
    reason: Option<&'a str>,
    suite: Option<&'a str>,
    config: Vec<serde_json::Value>,
    /// The difference from other configurations of the artifact, for the table.
    #[serde(skip)]
    configuration: String,
}

impl<'a> KeyRow<'a> {
    fn new(key: &'a KeyReport, configuration: String) -> KeyRow<'a> {
        KeyRow {
            suite: configuration::suite(&key.key_inputs),
            config: configuration::configs(&key.key_inputs),
            configuration,
            repo: &key.repo,
            artifact: &key.artifact,
            key: &key.key,
            digest: &key.digest,
            is_there: key.miss.is_none(),
            reason: key.miss.as_deref(),
        }
    }
}

impl Row for KeyRow<'_> {
    const HEADERS: &'static [&'static str] = &["repo", "artifact", "configuration", "cache", "key", "reason"];
    const OPTIONAL: &'static [&'static str] = &["configuration"];

    fn cells(&self) -> Vec<Cell> {
        let state = if self.is_there { table::state("hit", Some(true)) } else { table::state("miss", None) };
        vec![
            Cell::new(self.repo),
            Cell::new(self.artifact),
            Cell::new(&self.configuration),
            state,
            Cell::new(self.key),
            table::text(self.reason.unwrap_or("")),
        ]
    }
}

pub(super) fn run(config: &Config, arguments: &KeyArguments) -> anyhow::Result<ExitCode> {
    let keys = keys::of(config, &arguments.repos, &arguments.runner)?;
    if arguments.hash {
        output::line(hash(&keys));
        return Ok(ExitCode::SUCCESS);
    }
    let known: Vec<_> = keys.iter().map(|key| (&*key.repo, &*key.artifact, Some(&key.key_inputs[..]))).collect();
    let differences = configuration::differences(&known);
    let rows: Vec<_> = keys.iter().zip(differences).map(|(key, difference)| KeyRow::new(key, difference)).collect();
    table::print(&rows, arguments.json);
    Ok(ExitCode::SUCCESS)
}

/// Returns one digest of all keys, as the key of a CI system's cache.
fn hash(keys: &[KeyReport]) -> String {
    let mut hasher = Sha256::new();
    for key in keys {
        hasher.update(format!("{}\n{}\n{}\n", key.repo, key.artifact, key.digest));
    }
    hex(&hasher.finalize()[..16])
}
