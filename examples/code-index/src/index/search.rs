//! The three stages of a search: exact names, prefixes, text.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::layout::Layout;
use super::scores::Scores;
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
        let mut scores = Scores::new(self.index);
        self.add_terms(query, &mut scores);
        for found in scores.best(|document| self.is_wanted(self.index.document(document).kind)) {
            self.push(found.document, found.score, Matched::Text);
        }
    }

    /// Adds the scores of the terms of a query, each once: its words, the pairs of adjacent words, and the compounds
    /// that adjacent words spell, such as `plusplus` for `plus plus`.
    fn add_terms(&self, query: &str, scores: &mut Scores<'_>) {
        let words = identifiers(query).take(MAX_TERMS).collect::<Vec<_>>();
        let terms = words.iter().flat_map(|word| self.analyzer.terms(word)).take(MAX_TERMS).collect::<Vec<_>>();
        let pairs = terms.windows(2).map(|pair| format!("{} {}", pair[0], pair[1])).collect::<BTreeSet<_>>();
        let compounds = words.windows(2).map(|pair| pair.concat().to_lowercase());
        let compounds = compounds.flat_map(|compound| self.analyzer.terms(&compound)).collect::<BTreeSet<_>>();
        let terms = terms.into_iter().collect::<BTreeSet<_>>();
        for term in &terms {
            scores.add_word(term, 1.0);
        }
        for compound in compounds.difference(&terms) {
            scores.add_word(compound, weights::COMPOUND);
        }
        for pair in &pairs {
            scores.add_pair(pair);
        }
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

/// Returns the length of the query divided by the length of the name.
#[expect(clippy::cast_precision_loss, reason = "both are lengths of names, far below 2^23")]
fn ratio(query: usize, name: usize) -> f32 {
    query as f32 / name.max(1) as f32
}
