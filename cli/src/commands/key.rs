//! The command `key`.

use std::process::ExitCode;

use cached_smoke::tooling::{Config, KeyReport, NO_REPO, hex};
use clap::Args;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::report::reasons;
use crate::runner::RunnerArguments;
use crate::table::{self, Cell, Column, Row, Tone};
use crate::{configuration, json, keys, output};

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

/// The output of `key --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    keys: Vec<KeyRow<'a>>,
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "key";
}

/// The key of an artifact that tests request.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Key"))]
struct KeyRow<'a> {
    repo: &'a str,
    artifact: &'a str,
    /// Repository, revision, and the first digits of the digest.
    key: &'a str,
    /// The SHA-256 of the key, in hexadecimal.
    digest: &'a str,
    /// The cache has the artifact.
    is_there: bool,
    /// The reason for a miss.
    reason: Option<&'a str>,
    /// The suite of the artifact, if it has one.
    suite: Option<&'a str>,
    /// The configurations of the artifact and of its dependencies.
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
    const COLUMNS: &'static [Column] = &[
        Column::name("repo"),
        Column::name("artifact"),
        Column::name("configuration"),
        Column::text("cache", 0),
        Column::text("key", 1),
    ];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::new(if self.repo == NO_REPO { "" } else { self.repo }),
            Cell::new(self.artifact),
            Cell::new(&self.configuration),
            if self.is_there { Cell::toned("hit", Tone::Good) } else { Cell::toned("miss", Tone::Fair) },
            Cell::new(self.key),
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
    if arguments.json {
        json::print(&Document { keys: rows });
        return Ok(ExitCode::SUCCESS);
    }
    table::print(&rows);
    let misses = rows.iter().map(|row| (format!("{} of {}", row.artifact, row.repo), "miss", row.reason.unwrap_or("")));
    reasons(misses, "artifact").iter().for_each(output::sentence);
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
