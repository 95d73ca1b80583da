//! The configuration part of cache keys, for the rows of tables.

use std::collections::BTreeMap;

use cached_smoke::tooling::{KeyInput, tell_apart};
use serde_json::Value;

/// Describes for each row how its configuration differs from other rows of the same repository and artifact.
///
/// A row without key inputs, and a row that no other resembles, gets an empty text.
pub(crate) fn differences(rows: &[(&str, &str, Option<&[KeyInput]>)]) -> Vec<String> {
    type Row<'a> = (usize, &'a [KeyInput]);
    let mut groups: BTreeMap<(&str, &str), Vec<Row<'_>>> = BTreeMap::new();
    for (index, (repo, artifact, inputs)) in rows.iter().enumerate() {
        if let Some(inputs) = inputs {
            groups.entry((repo, artifact)).or_default().push((index, inputs));
        }
    }
    let mut texts = vec![String::new(); rows.len()];
    for group in groups.values() {
        let keys: Vec<&[KeyInput]> = group.iter().map(|(_, inputs)| *inputs).collect();
        for ((index, _), text) in group.iter().zip(tell_apart(&keys)) {
            texts[*index] = text;
        }
    }
    texts
}

/// Returns the suite of a key.
pub(crate) fn suite(inputs: &[KeyInput]) -> Option<&str> {
    inputs.iter().find(|input| input.name == "suite").map(|input| input.value.as_str())
}

/// Returns the configurations in a key: that of the artifact, and those of its dependencies.
pub(crate) fn configs(inputs: &[KeyInput]) -> Vec<Value> {
    let configs = inputs.iter().filter(|input| input.name == "config");
    // The first line is JSON. The exact notation follows on a second line.
    configs.filter_map(|config| serde_json::from_str(config.value.lines().next()?).ok()).collect()
}
