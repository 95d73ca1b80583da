//! Tests over several folders of input files, which `smoke.toml` names.

use std::{collections::BTreeMap, fs};

use cached_smoke::{Each, Repo, Result, artifact, cached_smoke};
use serde::{Deserialize, Serialize};

/// The words of a folder, each with the number of its occurrences.
#[derive(Serialize, Deserialize)]
struct Words(BTreeMap<String, u32>);

#[artifact(relocatable)] // it contains no path: checkouts at other paths share it
fn words(repo: &Repo) -> Result<Words> {
    let mut words = BTreeMap::new();
    for file in fs::read_dir(repo.path())? {
        for word in fs::read_to_string(file?.path())?.split_whitespace() {
            *words.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    Ok(Words(words))
}

/// A test for each folder: `has_words::harbour` and `has_words::orchard`.
#[cached_smoke]
fn has_words(words: &Words) {
    assert!(words.0.len() > 10);
}

#[cached_smoke(repo = "harbour")]
fn has_boats(words: &Words) {
    assert_eq!(words.0.get("boats"), Some(&2));
}

/// One test over all folders.
#[cached_smoke]
fn all_texts_have_an_article(all: &Each<Words>) {
    for (repo, words) in all {
        assert!(words.0.contains_key("the"), "{repo}");
    }
}
