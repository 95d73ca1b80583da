//! The commands `key` and `explain`: what the artifacts depend on, and what is there.

use std::process::ExitCode;

use cached_smoke::tooling::{Config, Ingredient, KeyReport, describe, in_common, stored};
use comfy_table::Cell;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::arguments::{ExplainArguments, KeyArguments};
use crate::keys::look;
use crate::output;
use crate::runner::Runner;
use crate::selection::{left_out, select};
use crate::table::{self, Row};

/// A line of `key`.
#[derive(Serialize)]
struct KeyRow<'a> {
    repo: &'a str,
    artifact: &'a str,
    key: &'a str,
    digest: &'a str,
    is_there: bool,
    reason: Option<&'a str>,
}

impl<'a> From<&'a KeyReport> for KeyRow<'a> {
    fn from(key: &'a KeyReport) -> KeyRow<'a> {
        KeyRow {
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
    const HEADERS: &'static [&'static str] = &["repo", "artifact", "cache", "key", "reason"];

    fn cells(&self) -> Vec<Cell> {
        let state = if self.is_there { table::state("there", Some(true)) } else { table::state("missing", None) };
        vec![
            Cell::new(self.repo),
            Cell::new(self.artifact),
            state,
            Cell::new(self.key),
            table::text(self.reason.unwrap_or("")),
        ]
    }
}

/// The command `key`.
pub(crate) fn run(config: &Config, arguments: &KeyArguments) -> Result<ExitCode, String> {
    let keys = keys_of(config, &arguments.repos, &arguments.runner)?;
    if arguments.hash {
        output::line(hash(&keys));
    } else {
        table::print(&keys.iter().map(KeyRow::from).collect::<Vec<_>>(), arguments.json);
    }
    Ok(ExitCode::SUCCESS)
}

/// One digest of all of them: the key of a CI system's cache.
fn hash(keys: &[KeyReport]) -> String {
    let mut hasher = Sha256::new();
    for key in keys {
        hasher.update(format!("{}\n{}\n{}\n", key.repo, key.artifact, key.digest));
    }
    hasher.finalize().iter().take(16).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn keys_of(
    config: &Config,
    repos: &[String],
    runner: &crate::runner::RunnerArguments,
) -> Result<Vec<KeyReport>, String> {
    let selected = select(config, repos)?;
    // A repository that is not there has no key. Where all are asked for, those that are there have.
    let absent: Vec<&str> = selected.iter().filter(|(_, repo)| !repo.path.is_dir()).map(|(name, _)| *name).collect();
    if !repos.is_empty()
        && let Some(name) = absent.first()
    {
        return Err(format!("{name} is not there, and so has no key; run `cargo smoke-cache fetch {name}`"));
    }
    look(config, &Runner::new(config, runner, &left_out(config, &selected, &absent))?)
}

/// What is said of one artifact.
#[derive(Serialize)]
struct Explanation<'a> {
    repo: &'a str,
    artifact: &'a str,
    key: &'a str,
    is_there: bool,
    reason: Option<&'a str>,
    ingredients: &'a [Ingredient],
    /// The entries of this artifact that are at hand, the most like it first.
    others: Vec<Difference>,
}

/// How an entry differs from what is wanted.
#[derive(Serialize)]
struct Difference {
    key: String,
    difference: String,
}

/// More of the entries at hand say no more.
const MOST_OTHERS: usize = 3;
/// More of a value than fits into a line says no more.
const MOST_CHARACTERS: usize = 100;

/// The command `explain`.
pub(crate) fn explain(config: &Config, arguments: &ExplainArguments) -> Result<ExitCode, String> {
    let keys = keys_of(config, std::slice::from_ref(&arguments.repo), &arguments.runner)?;
    let stored = stored(config).map_err(|error| error.report())?;
    let explanations: Vec<Explanation<'_>> = keys
        .iter()
        .map(|key| {
            let same = stored.iter().filter(|stored| stored.repo == key.repo && stored.artifact == key.artifact);
            let made = same.filter_map(|stored| stored.manifest.as_ref().ok().map(|made| (stored, made)));
            let mut others: Vec<_> = made.filter(|(_, made)| made.digest != key.digest).collect();
            others.sort_by_key(|(_, made)| std::cmp::Reverse(in_common(&made.ingredients, &key.ingredients)));
            let difference = |ingredients: &[Ingredient]| describe(ingredients, &key.ingredients);
            Explanation {
                repo: &key.repo,
                artifact: &key.artifact,
                key: &key.key,
                is_there: key.miss.is_none(),
                reason: key.miss.as_deref(),
                ingredients: &key.ingredients,
                others: others
                    .into_iter()
                    .take(MOST_OTHERS)
                    .map(|(stored, made)| Difference { key: stored.key(), difference: difference(&made.ingredients) })
                    .collect(),
            }
        })
        .collect();
    if arguments.json {
        output::json(&explanations);
        return Ok(ExitCode::SUCCESS);
    }
    for explanation in &explanations {
        print(explanation);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(explanation: &Explanation<'_>) {
    let state = match explanation.reason {
        None => "it is in the cache".to_owned(),
        Some(reason) => format!("it has to be built: {reason}"),
    };
    output::line(format_args!("{} of {}: {state}", explanation.artifact, explanation.repo));
    output::line(format_args!("  key {}", explanation.key));
    for Ingredient { name, value, note, .. } in explanation.ingredients {
        let mut value: String = value.chars().take(MOST_CHARACTERS + 1).collect();
        if value.chars().count() > MOST_CHARACTERS {
            value = value.chars().take(MOST_CHARACTERS).chain(['…']).collect();
        }
        let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
        output::line(format_args!("    {name:<8}{value}{note}"));
    }
    for Difference { key, difference } in &explanation.others {
        output::line(format_args!("  at hand {key}"));
        output::line(format_args!("    differs {difference}"));
    }
}
