//! The configurations of artifacts, where a table has to tell rows apart.

use std::collections::BTreeMap;

use cached_smoke::tooling::{Ingredient, tell_apart};
use serde_json::Value;

/// Says of each row how its configuration differs from those of the same repository and artifact; a row whose ingredients
/// are not known has no text.
pub(crate) fn differences(rows: &[(&str, &str, Option<&[Ingredient]>)]) -> Vec<String> {
    let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, (repo, artifact, ingredients)) in rows.iter().enumerate() {
        if ingredients.is_some() {
            groups.entry((repo, artifact)).or_default().push(index);
        }
    }
    let mut texts = vec![String::new(); rows.len()];
    for group in groups.values() {
        let keys: Vec<&[Ingredient]> = group.iter().filter_map(|&index| rows[index].2).collect();
        for (&index, text) in group.iter().zip(tell_apart(&keys)) {
            texts[index] = text;
        }
    }
    texts
}

/// Returns the suite of a key, for programs.
pub(crate) fn suite(ingredients: &[Ingredient]) -> Option<&str> {
    ingredients.iter().find(|ingredient| ingredient.name == "suite").map(|ingredient| ingredient.value.as_str())
}

/// Returns the configurations of a key, for programs: its own, and those of the artifacts that it needs.
pub(crate) fn configs(ingredients: &[Ingredient]) -> Vec<Value> {
    let configs = ingredients.iter().filter(|ingredient| ingredient.name == "config");
    // The exact notation follows on a line of its own.
    configs.filter_map(|config| serde_json::from_str(config.value.lines().next()?).ok()).collect()
}
