//! Splits text into search terms.

mod identifiers;

use frostem::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

pub(crate) use identifiers::identifiers;
use identifiers::terms;

/// The English words that are dropped, in order: those of Lucene.
const STOP_WORDS: [&str; 33] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not", "of",
    "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will", "with",
];

/// The rules by which a [`SparseIndex`](crate::SparseIndex) splits text into terms.
///
/// They are stored with the index, so that queries are split the same way.
///
/// An identifier gives its words and itself: `HTTPResponse` gives `http`, `response` and `httpresponse`;
/// `parse_http_date` gives `parse`, `http`, `date` and `parsehttpdate`.
///
/// # Examples
///
/// ```
/// use code_index::AnalyzerConfig;
///
/// let config = AnalyzerConfig { stemming: false, ..Default::default() };
/// assert!(config.stop_words);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnalyzerConfig {
    /// Reduces English words to their stems, so that `shipping` finds `shipped`. Default `true`.
    pub stemming: bool,
    /// Drops the most common English words (`the`, `of`, `not` …). Default `true`.
    pub stop_words: bool,
    /// The length in characters below which terms are dropped. Default 2.
    pub min_token_length: usize,
    /// The length in characters above which terms are dropped. Default 64: longer terms are data, not words.
    pub max_token_length: usize,
}

impl Default for AnalyzerConfig {
    fn default() -> Self {
        Self { stemming: true, stop_words: true, min_token_length: 2, max_token_length: 64 }
    }
}

impl AnalyzerConfig {
    /// Returns the terms of an identifier: its words and, if it has more than one, itself.
    pub(crate) fn terms(&self, identifier: &str) -> Vec<String> {
        let lengths = self.min_token_length..=self.max_token_length;
        let mut found = terms(identifier);
        found.retain(|term| {
            let is_stop_word = self.stop_words && STOP_WORDS.binary_search(&term.as_str()).is_ok();
            lengths.contains(&term.chars().count()) && !is_stop_word
        });
        if self.stemming {
            let stemmer = Stemmer::new(Algorithm::English);
            for term in &mut found {
                *term = stemmer.stem(term).into_owned();
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(config: &AnalyzerConfig, text: &str) -> Vec<String> {
        identifiers(text).flat_map(|identifier| config.terms(identifier)).collect()
    }

    #[test]
    fn words_are_stemmed_and_stop_words_dropped() {
        assert_eq!(terms(&AnalyzerConfig::default(), "the orders of a shipped book"), ["order", "ship", "book"]);
    }

    #[test]
    fn stop_words_are_in_order() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn every_step_can_be_switched_off() {
        let config = AnalyzerConfig { stemming: false, stop_words: false, min_token_length: 1, ..Default::default() };
        assert_eq!(terms(&config, "the orders of a book"), ["the", "orders", "of", "a", "book"]);
    }

    #[test]
    fn terms_out_of_the_length_limits_are_dropped() {
        let config = AnalyzerConfig { min_token_length: 3, max_token_length: 5, ..Default::default() };
        assert_eq!(terms(&config, "ab abc abcde abcdef"), ["abc", "abcd"]);
    }
}
