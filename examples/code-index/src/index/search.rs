//! The three stages of a search: exact names, prefixes, text.

use std::collections::{HashMap, HashSet};

use tantivy::columnar::Column;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{DocAddress, DocSet, Score, Searcher, SegmentReader, TERMINATED, TantivyDocument, Term};

use super::collector::{BestOfFile, Found, Kinds};
use super::document;
use super::schema::{Fields, column};
use super::{Hit, Matched};
use crate::graph::NodeKind;

/// The maximum number of terms in a text query; further terms are ignored.
///
/// They would cost time and change little, because the first words of an issue describe it.
const MAX_TERMS: usize = 256;

/// A search in progress.
pub(super) struct Search<'i> {
    pub(super) searcher: &'i Searcher,
    pub(super) fields: Fields,
    pub(super) analyzer: TextAnalyzer,
    pub(super) kinds: Kinds,
    pub(super) limit: usize,
    /// The groups that already have a hit.
    pub(super) seen: HashSet<u64>,
    pub(super) hits: Vec<Hit>,
}

impl Search<'_> {
    pub(super) fn run(mut self, query: &str) -> tantivy::Result<Vec<Hit>> {
        let query = query.trim();
        // An empty index has no segment.
        let Some(segment) = self.searcher.segment_readers().first() else { return Ok(Vec::new()) };
        if self.limit == 0 || query.is_empty() {
            return Ok(Vec::new());
        }
        self.exact(segment, query)?;
        if self.hits.len() < self.limit {
            self.prefix(segment, query)?;
        }
        if self.hits.len() < self.limit {
            self.text(query)?;
        }
        Ok(self.hits)
    }

    /// Adds the nodes that match exactly, those that also match the case first.
    fn exact(&mut self, segment: &SegmentReader, query: &str) -> tantivy::Result<()> {
        let term = Term::from_field_text(self.fields.keys, &query.to_lowercase());
        let Some(mut postings) =
            segment.inverted_index(self.fields.keys)?.read_postings(&term, IndexRecordOption::Basic)?
        else {
            return Ok(());
        };
        let mut found = Vec::new();
        let mut document = postings.doc();
        while document != TERMINATED {
            let stored = self.stored(document)?;
            found.push((!document::matches_case(&stored.id, query), document, stored));
            document = postings.advance();
        }
        if found.len() > 1 {
            let order = segment.fast_fields().u64(column::ORDER)?;
            found.sort_by_key(|(other_case, document, _)| (*other_case, order.first(*document), *document));
        }
        for (_, _, stored) in found {
            self.push(stored, 1.0, Matched::Exact);
        }
        Ok(())
    }

    /// Adds the nodes whose names begin with the query, the shortest names first.
    fn prefix(&mut self, segment: &SegmentReader, query: &str) -> tantivy::Result<()> {
        let prefix = query.to_lowercase();
        let names = segment.inverted_index(self.fields.names)?;
        let order = segment.fast_fields().u64(column::ORDER)?;
        // A node has several names; the shortest one counts.
        let mut shortest: HashMap<u32, usize> = HashMap::new();
        let mut terms = names.terms().range().ge(&prefix).into_stream()?;
        while let Some((name, info)) = terms.next() {
            if !name.starts_with(prefix.as_bytes()) {
                break;
            }
            let length = String::from_utf8_lossy(name).chars().count();
            let mut postings = names.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
            let mut document = postings.doc();
            while document != TERMINATED {
                shortest.entry(document).and_modify(|known| *known = length.min(*known)).or_insert(length);
                document = postings.advance();
            }
        }
        let mut found = shortest
            .into_iter()
            .map(|(document, length)| (length, order.first(document), document))
            .collect::<Vec<_>>();
        found.sort_unstable();
        let query_length = prefix.chars().count();
        let filter = FilterColumns::new(segment)?;
        for (length, _, document) in found {
            self.push_if_wanted(&filter, document, ratio(query_length, length), Matched::Prefix)?;
        }
        Ok(())
    }

    /// Adds the nodes whose text has words of the query, by BM25.
    fn text(&mut self, query: &str) -> tantivy::Result<()> {
        let Some(segment) = self.searcher.segment_readers().first() else { return Ok(()) };
        let query = self.text_query(query);
        let best = self.searcher.search(&query, &BestOfFile(self.kinds))?;
        let mut found = best.into_values().collect::<Vec<Found>>();
        found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.order.cmp(&b.order)));
        let filter = FilterColumns::new(segment)?;
        for Found { document, score, .. } in found {
            self.push_if_wanted(&filter, document, score, Matched::Text)?;
        }
        Ok(())
    }

    fn text_query(&mut self, query: &str) -> BooleanQuery {
        let mut terms = Vec::new();
        self.analyzer.token_stream(query).process(&mut |token| {
            if terms.len() < MAX_TERMS && !terms.contains(&token.text) {
                terms.push(token.text.clone());
            }
        });
        let clauses = terms.iter().flat_map(|text| {
            weights(&self.fields).map(|(field, weight)| {
                let term = Term::from_field_text(field, text);
                let query: Box<dyn Query> = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
                let weighted: Box<dyn Query> = Box::new(BoostQuery::new(query, weight));
                (Occur::Should, weighted)
            })
        });
        BooleanQuery::new(clauses.collect())
    }

    /// Adds a hit like [`Self::push`], but reads the stored fields only of a document that passes the filter.
    fn push_if_wanted(
        &mut self,
        filter: &FilterColumns,
        document: u32,
        score: Score,
        matched: Matched,
    ) -> tantivy::Result<()> {
        let number = |column: &Column| column.first(document).unwrap_or(0);
        let is_wanted = self.kinds.contain(number(&filter.kind)) && !self.seen.contains(&number(&filter.group));
        if is_wanted && self.hits.len() < self.limit {
            let stored = self.stored(document)?;
            self.push(stored, score, matched);
        }
        Ok(())
    }

    /// Adds a hit, unless its file has one, its kind is not wanted, or the limit is reached.
    fn push(&mut self, stored: StoredFields, score: Score, matched: Matched) {
        if self.hits.len() == self.limit || !self.kinds.contain(stored.kind) || !self.seen.insert(stored.group) {
            return;
        }
        let line = |line: u64| u32::try_from(line).ok().filter(|&line| line > 0);
        self.hits.push(Hit {
            id: stored.id,
            kind: NodeKind::ALL[usize::try_from(stored.kind).unwrap_or(0) % NodeKind::ALL.len()],
            file: stored.file,
            start_line: line(stored.start_line),
            end_line: line(stored.end_line),
            score,
            matched,
        });
    }

    /// Reads the stored fields of a document.
    fn stored(&self, document: u32) -> tantivy::Result<StoredFields> {
        let document: TantivyDocument = self.searcher.doc(DocAddress::new(0, document))?;
        let text =
            |field| document.get_first(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
        let number = |field| document.get_first(field).and_then(|value| value.as_u64()).unwrap_or(0);
        let fields = self.fields;
        Ok(StoredFields {
            id: text(fields.id),
            file: text(fields.file),
            start_line: number(fields.start_line),
            end_line: number(fields.end_line),
            group: number(fields.group),
            kind: number(fields.kind),
        })
    }
}

/// The stored fields of a document.
struct StoredFields {
    id: String,
    file: String,
    start_line: u64,
    end_line: u64,
    group: u64,
    kind: u64,
}

/// The columns by which documents are filtered before their stored fields are read.
struct FilterColumns {
    kind: Column,
    group: Column,
}

impl FilterColumns {
    fn new(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(Self { kind: columns.u64(column::KIND)?, group: columns.u64(column::GROUP)? })
    }
}

/// Returns the length of the query divided by the length of the name.
#[expect(clippy::cast_precision_loss, reason = "both are lengths of names, far below 2^23")]
fn ratio(query: usize, name: usize) -> Score {
    query as Score / name.max(1) as Score
}

/// Returns the weights of the text fields. They were tuned with the questions of `collector::ASIDE`; similar weights
/// give similar results.
fn weights(fields: &Fields) -> [(Field, Score); 4] {
    [(fields.name, 2.0), (fields.path, 1.2), (fields.outline, 0.6), (fields.body, 1.5)]
}
