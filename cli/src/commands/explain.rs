//! The command `explain`.

use std::cmp::Reverse;
use std::process::ExitCode;

use cached_smoke::tooling::{Config, KeyInput, KeyReport, StoredArtifact, describe, in_common, stored};
use clap::Args;
use serde::Serialize;

use crate::runner::RunnerArguments;
#[cfg(test)]
use crate::schema::library;
use crate::{json, keys, output, terminal};

/// The maximum number of other entries that are compared with the current key.
const MAX_OTHERS: usize = 3;
/// The indent of the parts of a key.
const INDENT: &str = "    ";
/// The minimum length of a value, in a narrow terminal.
const MIN_VALUE: usize = 16;
/// The minimum width of the column with the names of key inputs.
const MIN_NAME: usize = 8;

#[derive(Args, Debug)]
pub(crate) struct ExplainArguments {
    /// Select repositories, `-` for artifacts without one; all if none is named.
    repos: Vec<String>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    runner: RunnerArguments,
}

/// The output of `explain --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    artifacts: &'a [Explanation<'a>],
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "explain";
}

/// The explanation of one artifact.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Explanation<'a> {
    repo: &'a str,
    artifact: &'a str,
    /// Repository, revision, and the first digits of the digest.
    key: &'a str,
    /// The cache has the artifact.
    is_there: bool,
    /// The reason for a miss.
    reason: Option<&'a str>,
    #[cfg_attr(test, schemars(with = "Vec<library::KeyInput>"))]
    key_inputs: &'a [KeyInput],
    /// Other entries of the artifact, the most similar first.
    others: Vec<Difference>,
}

/// The difference of another entry from the current key.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Difference {
    key: String,
    difference: String,
}

pub(super) fn run(config: &Config, arguments: &ExplainArguments) -> anyhow::Result<ExitCode> {
    let keys = keys::of(config, &arguments.repos, &arguments.runner)?;
    let stored = stored(config)?;
    let explanations: Vec<Explanation<'_>> = keys.iter().map(|key| Explanation::new(key, &stored)).collect();
    if arguments.json {
        json::print(&Document { artifacts: &explanations });
    } else {
        explanations.iter().for_each(Explanation::print);
    }
    Ok(ExitCode::SUCCESS)
}

impl<'a> Explanation<'a> {
    fn new(key: &'a KeyReport, stored: &[StoredArtifact]) -> Explanation<'a> {
        let same = stored.iter().filter(|stored| stored.repo == key.repo && stored.artifact == key.artifact);
        let made = same.filter_map(|stored| stored.manifest.as_ref().ok().map(|made| (stored, made)));
        let mut others: Vec<_> = made.filter(|(_, made)| made.digest != key.digest).collect();
        others.sort_by_key(|(_, made)| Reverse(in_common(&made.key_inputs, &key.key_inputs)));
        let difference = |(stored, made): (&StoredArtifact, &cached_smoke::tooling::ManifestInfo)| Difference {
            key: stored.key(),
            difference: describe(&made.key_inputs, &key.key_inputs),
        };
        Explanation {
            repo: &key.repo,
            artifact: &key.artifact,
            key: &key.key,
            is_there: key.miss.is_none(),
            reason: key.miss.as_deref(),
            key_inputs: &key.key_inputs,
            others: others.into_iter().take(MAX_OTHERS).map(difference).collect(),
        }
    }

    fn print(&self) {
        let state = self.reason.map_or_else(|| "hit".to_owned(), |reason| format!("miss: {reason}"));
        output::sentence(output::plain(&format!("{} of {}: {state}", self.artifact, self.repo)));
        output::line(format_args!("  key {}", self.key));
        let names = self.key_inputs.iter().map(|input| input.name.len() + 1);
        let width = names.max().unwrap_or_default().max(MIN_NAME);
        for input in self.key_inputs {
            let max = terminal::width().saturating_sub(INDENT.len() + width).max(MIN_VALUE);
            output::line(format_args!("{INDENT}{:<width$}{}", input.name, shown(input, max)));
        }
        for Difference { key, difference } in &self.others {
            output::line(format_args!("  entry {key}"));
            let difference = output::plain(&format!("differs: {difference}"));
            output::line(output::wrapped(&difference, terminal::width(), INDENT));
        }
    }
}

/// Returns the value of a key input on one line of at most `max` characters.
fn shown(input: &KeyInput, max: usize) -> String {
    let summary = input.summary();
    let length = summary.chars().count();
    match input.name.as_str() {
        // The end of a path and the digest that follows say more than its beginning.
        "file" | "directory" if length > max => {
            ['…'].into_iter().chain(summary.chars().skip(length + 1 - max)).collect()
        }
        "file" | "directory" | "variable" | "tool" => cut(&summary, max),
        // The note lists files, one on each line.
        "repo" => cut(&input.value, max),
        _ => {
            // The exact notation of a configuration, and the parts of a fingerprint, follow on further lines.
            let line = input.value.lines().next().unwrap_or_default();
            let note = input.note.lines().next().map_or_else(String::new, |note| format!(" ({note})"));
            cut(&format!("{line}{note}"), max)
        }
    }
}

/// Returns the beginning of a text, with at most `max` characters.
fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str, value: &str) -> KeyInput {
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
            assert_eq!(shown(&input(name, &value), 31), expected);
        }
    }
}
