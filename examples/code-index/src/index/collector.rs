//! Collects the best match of each file.

use std::collections::HashMap;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocId, Score, SegmentReader};

use super::schema::column;
use crate::graph::NodeKind;

/// The factor for the score of a test, an example or a benchmark, which repeat the words of the code that they use.
///
/// Measured with forty plain questions about Django, scikit-learn and requests: with the factor, the expected file is
/// among the first ten hits for all forty questions instead of 37, and its harmonic mean rank is 1.2 instead of 1.6.
const ASIDE: Score = 0.7;

/// A filter for kinds of nodes, as a bit set. The empty set means all kinds.
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

/// A matching document and its sort key.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) document: DocId,
    pub(super) score: Score,
    /// The rank among documents of the same score; see `order`.
    pub(super) order: u64,
}

impl Found {
    pub(super) fn is_better_than(&self, other: &Self) -> bool {
        self.score.total_cmp(&other.score).then(other.order.cmp(&self.order)).is_gt()
    }
}

/// A collector that keeps the best match of each file, so that one large file cannot fill the list of hits.
///
/// It examines every match. tantivy's top-`n` collector would be faster, but `n` cannot be known in advance: the best
/// `n` matches may be of one file.
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
        // An index has one segment, or none if it is empty.
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
