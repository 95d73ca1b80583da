//! An index with settings. Other settings build another index, from the same texts.

use std::{io, path::Path};

use cached_smoke::{CodeFingerprint, Suite, artifact, cached_smoke, code_fingerprint};
use configured::{Documents, Index};

#[derive(Default, serde::Serialize)]
struct Settings {
    stop_words: Vec<String>,
}

struct Smoke;

impl Suite for Smoke {
    type Config = Settings;
    const CODE: CodeFingerprint = code_fingerprint!(own);
}

#[artifact(suite = Smoke)]
fn documents() -> Documents {
    Documents::generate(100)
}

#[artifact(suite = Smoke, directory, load = Index::open)]
fn index(documents: &Documents, #[config] stop_words: &[String], dir: &Path) -> io::Result<Index> {
    Index::create(documents, stop_words, dir)
}

#[cached_smoke(suite = Smoke)]
fn finds_a_word(index: &Index) {
    assert_eq!(index.search("7"), ["7"]);
}

#[cached_smoke(config = Settings { stop_words: vec!["the".to_owned()] })]
fn skips_a_stop_word(index: &Index, documents: &Documents) {
    assert!(index.search("the").is_empty());
    assert_eq!(index.search("text").len(), documents.0.len());
}
