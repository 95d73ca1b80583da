//! The commands `key` and `explain`: what the artifacts depend on, and what is there.

use std::process::ExitCode;

use cached_smoke::tooling::{Config, KeyInput, KeyReport, describe, in_common, stored};
use comfy_table::Cell;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::arguments::{ExplainArguments, KeyArguments};
use crate::configuration;
use crate::keys::look;
use crate::output;
use crate::runner::Runner;
use crate::selection::{left_out, select, unavailable};
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
    suite: Option<&'a str>,
    config: Vec<serde_json::Value>,
    /// For people.
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
    const OPTIONAL: Option<&'static str> = Some("configuration");

    fn cells(&self) -> Vec<Cell> {
        let state = if self.is_there { table::state("there", Some(true)) } else { table::state("missing", None) };
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

/// The command `key`.
pub(crate) fn run(config: &Config, arguments: &KeyArguments) -> Result<ExitCode, String> {
    let keys = keys_of(config, &arguments.repos, &arguments.runner)?;
    if arguments.hash {
        output::line(hash(&keys));
    } else {
        let known: Vec<_> = keys.iter().map(|key| (&*key.repo, &*key.artifact, Some(&key.key_inputs[..]))).collect();
        let differences = configuration::differences(&known);
        let rows: Vec<KeyRow<'_>> =
            keys.iter().zip(differences).map(|(key, difference)| KeyRow::new(key, difference)).collect();
        table::print(&rows, arguments.json);
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
    let unavailable = unavailable(config, repos, &[]);
    if !unavailable.is_empty() {
        let messages: Vec<String> = unavailable.iter().map(ToString::to_string).collect();
        return Err(messages.join("\nerror: "));
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
    key_inputs: &'a [KeyInput],
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
/// Of a terminal.
const COLUMNS: usize = 80;
/// The room for an key_input's name where there are no longer ones.
const LEAST_NAME: usize = 8;

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
            others.sort_by_key(|(_, made)| std::cmp::Reverse(in_common(&made.key_inputs, &key.key_inputs)));
            let difference = |key_inputs: &[KeyInput]| describe(key_inputs, &key.key_inputs);
            Explanation {
                repo: &key.repo,
                artifact: &key.artifact,
                key: &key.key,
                is_there: key.miss.is_none(),
                reason: key.miss.as_deref(),
                key_inputs: &key.key_inputs,
                others: others
                    .into_iter()
                    .take(MOST_OTHERS)
                    .map(|(stored, made)| Difference { key: stored.key(), difference: difference(&made.key_inputs) })
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
    let names = explanation.key_inputs.iter().map(|key_input| key_input.name.len() + 1);
    let width = names.max().unwrap_or_default().max(LEAST_NAME);
    for key_input in explanation.key_inputs {
        output::line(format_args!("    {:<width$}{}", key_input.name, shown(key_input, COLUMNS - 4 - width)));
    }
    for Difference { key, difference } in &explanation.others {
        output::line(format_args!("  at hand {key}"));
        output::line(format_args!("    differs {difference}"));
    }
}

/// The key_input's value on one line. That of a declared input has at most this many characters.
fn shown(key_input: &KeyInput, most: usize) -> String {
    let summary = key_input.summary();
    let length = summary.chars().count();
    match key_input.name.as_str() {
        // The end of a path, and the digest after it, say more than its beginning.
        "file" | "directory" if length > most => {
            ['…'].into_iter().chain(summary.chars().skip(length + 1 - most)).collect()
        }
        "variable" | "tool" if length > most => summary.chars().take(most - 1).chain(['…']).collect(),
        "file" | "directory" | "variable" | "tool" => summary,
        _ => {
            // The exact notation of a configuration, and the parts of a fingerprint, follow on lines of their own.
            let value = key_input.value.lines().next().unwrap_or_default();
            let mut value: String = value.chars().take(MOST_CHARACTERS + 1).collect();
            if value.chars().count() > MOST_CHARACTERS {
                value = value.chars().take(MOST_CHARACTERS).chain(['…']).collect();
            }
            match key_input.note.lines().next() {
                None => value,
                Some(note) => format!("{value} ({note})"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_input(name: &str, value: &str) -> KeyInput {
        let text = serde_json::json!({ "name": name, "value": value, "digest": "", "note": "all\na 01234567" });
        serde_json::from_value(text).expect("a key input")
    }

    #[test]
    fn declared_inputs_fit_on_one_line_of_a_terminal() {
        let digest = "0123456789abcdef".repeat(4);
        for (name, value, expected) in [
            ("file", format!("data/model.bin\t{digest}"), "data/model.bin 0123456789ab"),
            ("directory", format!("data/models\t{digest}"), "data/models 0123456789ab"),
            ("file", format!("{}/model.bin\t{digest}", "deep/".repeat(20)), "…p/deep//model.bin 0123456789ab"),
            ("variable", "SCHEMA\t\"one\"".to_owned(), "SCHEMA=\"one\""),
            ("variable", "SCHEMA".to_owned(), "SCHEMA is not set"),
            ("variable", format!("SCHEMA\t\"{}\"", "x".repeat(99)), "SCHEMA=\"xxxxxxxxxxxxxxxxxxxxxx…"),
            ("tool", "protoc\t\"libprotoc 3.21\\nmore\"".to_owned(), "protoc libprotoc 3.21"),
        ] {
            assert_eq!(shown(&key_input(name, &value), 31), expected);
        }
    }
}
