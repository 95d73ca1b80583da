//! Another crate of the workspace.

use cached_smoke::artifact;

/// Words that a search ignores.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StopWords(pub Vec<String>);

/// Lists the words.
#[artifact]
pub fn stop_words() -> StopWords {
    StopWords(vec!["the".to_owned()])
}
