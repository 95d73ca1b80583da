//! The three stages of a search: exact names, prefixes, text.

use std::collections::{HashMap, HashSet};

use super::layout::Layout;
use super::weights;
use super::{Hit, Matched};
use crate::analyzer::{AnalyzerConfig, identifiers};
use crate::graph::NodeKind;

/// The maximum number of terms in a text query; further terms are ignored.
///
/// They would cost time and change little, because the first words of an issue describe it.
const MAX_TERMS: usize = 256;

/// A search in progress.
pub(super) struct Search<'i> {
    pub(super) index: &'i Layout,
    pub(super) analyzer: &'i AnalyzerConfig,
    pub(super) kinds: &'i [NodeKind],
    pub(super) limit: usize,
    /// The groups that already have a hit.
    pub(super) seen: HashSet<u32>,
    pub(super) hits: Vec<Hit>,
}

impl Search<'_> {
    pub(super) fn run(mut self, query: &str) -> Vec<Hit> {
        let query = query.trim();
        if self.limit == 0 || query.is_empty() {
            return Vec::new();
        }
        self.exact(query);
        self.prefix(query);
        self.text(query);
        self.hits
    }

    /// Adds the nodes that match exactly, those that also match the case first.
    fn exact(&mut self, query: &str) {
        let key = query.to_lowercase();
        let mut found = Vec::new();
        for document in self.index.with_key(&key) {
            let identity = self.index.identity(document);
            if identity.keys().contains(&key) {
                let order = self.index.document(document).order;
                found.push((!identity.matches_case(query), order, document));
            }
        }
        found.sort_unstable();
        for (_, _, document) in found {
            self.push(document, 1.0, Matched::Exact);
        }
    }

    /// Adds the nodes whose names begin with the query, the shortest names first.
    fn prefix(&mut self, query: &str) {
        if self.is_full() {
            return;
        }
        let prefix = query.to_lowercase();
        // A node has several names; the shortest one counts.
        let mut shortest: HashMap<u32, usize> = HashMap::new();
        for (name, documents) in self.index.with_prefix(&prefix) {
            let length = name.chars().count();
            for document in documents {
                shortest.entry(document).and_modify(|known| *known = length.min(*known)).or_insert(length);
            }
        }
        let found = shortest.into_iter();
        let found = found.map(|(document, length)| (length, self.index.document(document).order, document));
        let mut found = found.collect::<Vec<_>>();
        found.sort_unstable();
        let query_length = prefix.chars().count();
        for (length, _, document) in found {
            self.push(document, ratio(query_length, length), Matched::Prefix);
        }
    }

    /// Adds the nodes whose text has words of the query, by BM25.
    fn text(&mut self, query: &str) {
        if self.is_full() {
            return;
        }
        let mut scores = vec![0.0_f32; self.index.len()];
        for (term, factor) in self.terms(query) {
            let Some(postings) = self.index.postings(&term) else { continue };
            let rarity = factor * weights::rarity(scores.len(), postings.count);
            for (document, weight) in postings {
                if let Some(score) = scores.get_mut(document as usize) {
                    *score += weights::score(weight, rarity);
                }
            }
        }
        let mut best: HashMap<u32, (f32, u32, u32)> = HashMap::new();
        for (score, number) in scores.into_iter().zip(0..) {
            if score > 0.0 {
                let document = self.index.document(number);
                if self.is_wanted(document.kind) {
                    let new = (score, document.order, number);
                    let known = best.entry(document.group).or_insert(new);
                    if compare(&new, known).is_lt() {
                        *known = new;
                    }
                }
            }
        }
        let mut found = best.into_values().collect::<Vec<_>>();
        found.sort_unstable_by(compare);
        for (score, _, document) in found {
            self.push(document, score, Matched::Text);
        }
    }

    /// Returns the terms of a query without repetition, each with a factor: its words, the pairs of adjacent words, and
    /// the compounds that adjacent words spell, such as `plusplus` for `plus plus`.
    fn terms(&self, query: &str) -> Vec<(String, f32)> {
        let words = identifiers(query).take(MAX_TERMS).collect::<Vec<_>>();
        let terms = words.iter().flat_map(|word| self.analyzer.terms(word)).take(MAX_TERMS).collect::<Vec<_>>();
        let pairs = terms.windows(2).map(|pair| format!("{} {}", pair[0], pair[1])).collect::<Vec<_>>();
        let compounds = words.windows(2).map(|pair| pair.concat().to_lowercase());
        let compounds = compounds.flat_map(|compound| self.analyzer.terms(&compound)).collect::<Vec<_>>();
        let mut known = HashSet::new();
        let words = terms.into_iter().chain(pairs).map(|term| (term, 1.0));
        let compounds = compounds.into_iter().map(|term| (term, weights::COMPOUND));
        words.chain(compounds).filter(|(term, _)| known.insert(term.clone())).collect()
    }

    fn is_full(&self) -> bool {
        self.hits.len() >= self.limit
    }

    fn is_wanted(&self, kind: NodeKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Adds a hit, unless its file has one, its kind is not wanted, or the limit is reached.
    fn push(&mut self, number: u32, score: f32, matched: Matched) {
        let document = self.index.document(number);
        if self.is_full() || !self.is_wanted(document.kind) || !self.seen.insert(document.group) {
            return;
        }
        let identity = self.index.identity(number);
        self.hits.push(Hit {
            id: identity.id.to_owned(),
            kind: document.kind,
            file: identity.file.to_owned(),
            start_line: document.start_line,
            end_line: document.end_line,
            score,
            matched,
        });
    }
}

/// Compares matches: the higher score first, then the lower rank.
fn compare(a: &(f32, u32, u32), b: &(f32, u32, u32)) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// Returns the length of the query divided by the length of the name.
#[expect(clippy::cast_precision_loss, reason = "both are lengths of names, far below 2^23")]
fn ratio(query: usize, name: usize) -> f32 {
    query as f32 / name.max(1) as f32
}
