//! The scores of documents and files for the words of a query.
//!
//! A file scores as its best document does, plus a part of its second one, plus a part for the words of the query
//! anywhere in the file. A definition without a docstring is thus found by the text around it.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::layout::{Layout, Postings};
use super::weights;

/// The scores of all documents and groups for a query.
pub(super) struct Scores<'i> {
    index: &'i Layout,
    documents: Vec<f32>,
    /// The parts of the scores that all documents of a group have, by the number of the group.
    groups: Vec<f32>,
}

/// A document that matches a query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) score: f32,
    order: u32,
    pub(super) document: u32,
}

impl<'i> Scores<'i> {
    pub(super) fn new(index: &'i Layout) -> Self {
        Self { index, documents: vec![0.0; index.len()], groups: vec![0.0; index.len()] }
    }

    /// Adds the scores of a pair of adjacent words.
    pub(super) fn add_pair(&mut self, pair: &str) {
        if let Some((postings, rarity)) = self.postings(pair) {
            for (document, weight) in postings {
                self.add(document, weights::score(weight, rarity));
            }
        }
    }

    /// Adds the scores of a word.
    pub(super) fn add_word(&mut self, word: &str, factor: f32) {
        let Some((postings, rarity)) = self.postings(word) else { return };
        let rarity = factor * rarity;
        // The documents of a group are adjacent.
        let (mut group, mut sum) = (0, 0.0);
        for (document, weight) in postings {
            self.add(document, weights::score(weight, rarity));
            let new = self.index.document(document).group;
            if new != group {
                self.add_to_group(group, sum, rarity);
                (group, sum) = (new, 0.0);
            }
            sum += weights::score(weight, 1.0);
        }
        self.add_to_group(group, sum, rarity);
    }

    fn postings(&self, term: &str) -> Option<(Postings<'i>, f32)> {
        let postings = self.index.postings(term)?;
        let rarity = weights::rarity(self.documents.len(), postings.count);
        Some((postings, rarity))
    }

    fn add(&mut self, document: u32, score: f32) {
        // A changed index may have postings beyond its documents.
        if let Some(known) = self.documents.get_mut(document as usize) {
            *known += score;
        }
    }

    fn add_to_group(&mut self, group: u32, sum: f32, rarity: f32) {
        if let Some(known) = self.groups.get_mut(group as usize) {
            *known += rarity * weights::of_file(sum, self.index.document(group).length);
        }
    }

    /// Returns the best wanted document of each group, best first.
    pub(super) fn best(self, is_wanted: impl Fn(u32) -> bool) -> Vec<Match> {
        let mut best: HashMap<u32, (Match, f32)> = HashMap::new();
        for (score, document) in self.documents.into_iter().zip(0..) {
            if score > 0.0 && is_wanted(document) {
                let stored = self.index.document(document);
                let new = Match { score, order: stored.order, document };
                best.entry(stored.group)
                    .and_modify(|(first, second)| {
                        let (better, worse) = if new.compare(first).is_lt() { (new, *first) } else { (*first, new) };
                        (*first, *second) = (better, second.max(worse.score));
                    })
                    .or_insert((new, 0.0));
            }
        }
        let total = |(group, (first, second)): (u32, (Match, f32))| {
            let of_group = self.groups.get(group as usize).copied().unwrap_or_default();
            Match { score: first.score + weights::SECOND * second + of_group, ..first }
        };
        let mut found = best.into_iter().map(total).collect::<Vec<_>>();
        found.sort_unstable_by(Match::compare);
        found
    }
}

impl Match {
    /// Compares matches: the higher score first, then the lower rank.
    fn compare(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then(self.order.cmp(&other.order))
    }
}
