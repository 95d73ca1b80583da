//! The configurations of artifacts, where a table has to tell rows apart.

use std::collections::BTreeMap;

use cached_smoke::tooling::{KeyInput, tell_apart};
use serde_json::Value;

/// Says of each row how its configuration differs from those of the same repository and artifact; a row whose key_inputs
/// are not known has no text.
pub(crate) fn differences(rows: &[(&str, &str, Option<&[KeyInput]>)]) -> Vec<String> {
    let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, (repo, artifact, key_inputs)) in rows.iter().enumerate() {
        if key_inputs.is_some() {
            groups.entry((repo, artifact)).or_default().push(index);
        }
    }
    let mut texts = vec![String::new(); rows.len()];
    for group in groups.values() {
        let keys: Vec<&[KeyInput]> = group.iter().filter_map(|&index| rows[index].2).collect();
        for (&index, text) in group.iter().zip(tell_apart(&keys)) {
            texts[index] = text;
        }
    }
    texts
}

/// Returns the suite of a key, for programs.
pub(crate) fn suite(key_inputs: &[KeyInput]) -> Option<&str> {
    key_inputs.iter().find(|key_input| key_input.name == "suite").map(|key_input| key_input.value.as_str())
}

/// Returns the configurations of a key, for programs: its own, and those of the artifacts that it needs.
pub(crate) fn configs(key_inputs: &[KeyInput]) -> Vec<Value> {
    let configs = key_inputs.iter().filter(|key_input| key_input.name == "config");
    // The exact notation follows on a line of its own.
    configs.filter_map(|config| serde_json::from_str(config.value.lines().next()?).ok()).collect()
}
