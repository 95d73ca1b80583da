//! Collecting the best result of each file.

use std::collections::HashMap;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocId, Score, SegmentReader};

use super::schema::column;
use crate::graph::NodeKind;

/// What the score of a test or an example counts: they repeat the words of the code that they are about. Of forty
/// questions in plain words about Django, scikit-learn and requests this brings the file that is meant among the first
/// ten for all forty instead of 37, and up from rank 1.6 to 1.2 in the (harmonic) mean.
const ASIDE: Score = 0.7;

/// Which kinds are asked for; none means all.
#[derive(Clone, Copy)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) fn new(kinds: &[NodeKind]) -> Self {
        Self(kinds.iter().fold(0, |bits, &kind| bits | 1 << kind as u8))
    }

    pub(super) fn contain(self, kind: u64) -> bool {
        self.0 == 0 || (kind < 8 && self.0 & (1 << kind) != 0)
    }
}

/// A result: where it is, and what it is ordered by.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) document: DocId,
    pub(super) score: Score,
    pub(super) order: u64,
}

impl Found {
    pub(super) fn is_better_than(&self, other: &Self) -> bool {
        self.score.total_cmp(&other.score).then(other.order.cmp(&self.order)).is_gt()
    }
}

/// Keeps the best result of each file, so that one large file cannot fill the list.
///
/// Every match is looked at. Asking tantivy for the best `n` would be faster, but not say how large `n` has to be.
pub(super) struct BestOfFile(pub(super) Kinds);

impl Collector for BestOfFile {
    type Fruit = HashMap<u64, Found>;
    type Child = BestOfFileInSegment;

    fn for_segment(&self, _segment: u32, reader: &SegmentReader) -> tantivy::Result<Self::Child> {
        let columns = reader.fast_fields();
        Ok(BestOfFileInSegment {
            kinds: self.0,
            kind: columns.u64(column::KIND)?,
            group: columns.u64(column::GROUP)?,
            order: columns.u64(column::ORDER)?,
            aside: columns.u64(column::ASIDE)?,
            best: HashMap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, fruits: Vec<Self::Fruit>) -> tantivy::Result<Self::Fruit> {
        // There is one segment, or none if nothing was indexed.
        Ok(fruits.into_iter().next().unwrap_or_default())
    }
}

pub(super) struct BestOfFileInSegment {
    kinds: Kinds,
    kind: Column<u64>,
    group: Column<u64>,
    order: Column<u64>,
    aside: Column<u64>,
    best: HashMap<u64, Found>,
}

impl SegmentCollector for BestOfFileInSegment {
    type Fruit = HashMap<u64, Found>;

    fn collect(&mut self, document: DocId, score: Score) {
        if !self.kind.first(document).is_some_and(|kind| self.kinds.contain(kind)) {
            return;
        }
        let (Some(group), Some(order)) = (self.group.first(document), self.order.first(document)) else { return };
        let aside = self.aside.first(document) == Some(1);
        let found = Found { document, score: if aside { score * ASIDE } else { score }, order };
        self.best
            .entry(group)
            .and_modify(|best| {
                if found.is_better_than(best) {
                    *best = found;
                }
            })
            .or_insert(found);
    }

    fn harvest(self) -> Self::Fruit {
        self.best
    }
}
