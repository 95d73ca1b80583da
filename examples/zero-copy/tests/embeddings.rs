//! A fixture of 20 MB. Each test maps the file, and reads only what it needs.

use cached_smoke::codec::Mapped;
use cached_smoke::{artifact, cached_smoke};

const WORDS: u16 = 50_000;
const DIMENSIONS: u16 = 100;

#[derive(rkyv::Archive, rkyv::Serialize)]
struct Embeddings {
    words: Vec<String>,
    values: Vec<f32>,
}

#[artifact(codec = rkyv, directory)] // as it is: a mapped file gains nothing from an archive
fn embeddings() -> Embeddings {
    let words = (0..WORDS).map(|word| format!("word {word}")).collect();
    let values = (0..WORDS).flat_map(|word| (0..DIMENSIONS).map(move |at| f32::from(word) + f32::from(at))).collect();
    Embeddings { words, values }
}

/// Returns the first value of a word. `ArchivedEmbeddings` has slices in place of vectors.
fn first_value(embeddings: &ArchivedEmbeddings, word: &str) -> Option<f32> {
    let at = embeddings.words.iter().position(|known| known == word)?;
    Some(embeddings.values[at * usize::from(DIMENSIONS)].to_native())
}

#[cached_smoke]
fn finds_a_word(embeddings: &Mapped<Embeddings>) {
    assert_eq!(first_value(embeddings, "word 7"), Some(7.0));
}

#[cached_smoke]
fn does_not_find_an_unknown_word(embeddings: &Mapped<Embeddings>) {
    assert_eq!(first_value(embeddings, "word -1"), None);
}
