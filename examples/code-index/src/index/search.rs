//! The three tiers of a search: exact names, prefixes, text.

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

/// Of longer questions the rest is left out. It would cost time and change little: the first words of an issue say
/// what it is about.
const MOST_TERMS: usize = 256;

/// A search under way.
pub(super) struct Search<'i> {
    pub(super) searcher: &'i Searcher,
    pub(super) fields: Fields,
    pub(super) analyzer: TextAnalyzer,
    pub(super) kinds: Kinds,
    pub(super) limit: usize,
    /// The files that have a hit already.
    pub(super) seen: HashSet<u64>,
    pub(super) hits: Vec<Hit>,
}

impl Search<'_> {
    pub(super) fn run(mut self, query: &str) -> tantivy::Result<Vec<Hit>> {
        let query = query.trim();
        // An index of nothing has no segment.
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

    /// Nodes that are called exactly so; those with the same capitals first.
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
            let shown = self.shown(document)?;
            found.push((!document::is_spelled(&shown.id, query), document, shown));
            document = postings.advance();
        }
        if found.len() > 1 {
            let order = segment.fast_fields().u64(column::ORDER)?;
            found.sort_by_key(|(other_capitals, document, _)| (*other_capitals, order.first(*document), *document));
        }
        for (_, _, shown) in found {
            self.push(shown, 1.0, Matched::Exact);
        }
        Ok(())
    }

    /// Nodes whose names begin so, the shortest names first: the query is most of what they are called.
    fn prefix(&mut self, segment: &SegmentReader, query: &str) -> tantivy::Result<()> {
        let prefix = query.to_lowercase();
        let names = segment.inverted_index(self.fields.names)?;
        let order = segment.fast_fields().u64(column::ORDER)?;
        // A node has more than one name; the shortest counts.
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
        let asked = prefix.chars().count();
        let choice = Choice::new(segment)?;
        for (length, _, document) in found {
            self.push_if_chosen(&choice, document, share(asked, length), Matched::Prefix)?;
        }
        Ok(())
    }

    /// Nodes that are about the query's words, by BM25.
    fn text(&mut self, query: &str) -> tantivy::Result<()> {
        let Some(segment) = self.searcher.segment_readers().first() else { return Ok(()) };
        let query = self.text_query(query);
        let best = self.searcher.search(&query, &BestOfFile(self.kinds))?;
        let mut found = best.into_values().collect::<Vec<Found>>();
        found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.order.cmp(&b.order)));
        let choice = Choice::new(segment)?;
        for Found { document, score, .. } in found {
            self.push_if_chosen(&choice, document, score, Matched::Text)?;
        }
        Ok(())
    }

    fn text_query(&mut self, query: &str) -> BooleanQuery {
        let mut terms = Vec::new();
        self.analyzer.token_stream(query).process(&mut |token| {
            if terms.len() < MOST_TERMS && !terms.contains(&token.text) {
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

    /// Adds a hit, unless its columns tell already that it is none.
    fn push_if_chosen(
        &mut self,
        choice: &Choice,
        document: u32,
        score: Score,
        matched: Matched,
    ) -> tantivy::Result<()> {
        let number = |column: &Column| column.first(document).unwrap_or(0);
        let is_chosen = self.kinds.contain(number(&choice.kind)) && !self.seen.contains(&number(&choice.group));
        if is_chosen && self.hits.len() < self.limit {
            let shown = self.shown(document)?;
            self.push(shown, score, matched);
        }
        Ok(())
    }

    /// Adds a hit, unless its file has one, its kind is not asked for, or there are enough.
    fn push(&mut self, shown: Shown, score: Score, matched: Matched) {
        if self.hits.len() == self.limit || !self.kinds.contain(shown.kind) || !self.seen.insert(shown.group) {
            return;
        }
        let line = |line: u64| u32::try_from(line).ok().filter(|&line| line > 0);
        self.hits.push(Hit {
            id: shown.id,
            kind: NodeKind::ALL[usize::try_from(shown.kind).unwrap_or(0) % NodeKind::ALL.len()],
            file: shown.file,
            start_line: line(shown.start_line),
            end_line: line(shown.end_line),
            score,
            matched,
        });
    }

    /// What a document says of itself.
    fn shown(&self, document: u32) -> tantivy::Result<Shown> {
        let stored: TantivyDocument = self.searcher.doc(DocAddress::new(0, document))?;
        let text =
            |field| stored.get_first(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
        let number = |field| stored.get_first(field).and_then(|value| value.as_u64()).unwrap_or(0);
        let fields = self.fields;
        Ok(Shown {
            id: text(fields.id),
            file: text(fields.file),
            start_line: number(fields.start_line),
            end_line: number(fields.end_line),
            group: number(fields.group),
            kind: number(fields.kind),
        })
    }
}

/// What is shown of a document.
struct Shown {
    id: String,
    file: String,
    start_line: u64,
    end_line: u64,
    group: u64,
    kind: u64,
}

/// The columns that tell whether a document is to be shown, without reading it.
struct Choice {
    kind: Column,
    group: Column,
}

impl Choice {
    fn new(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(Self { kind: columns.u64(column::KIND)?, group: columns.u64(column::GROUP)? })
    }
}

/// How much of a name was asked for. Names are short, so that nothing is lost in a float.
#[expect(clippy::cast_precision_loss, reason = "both are lengths of names, far below 2^23")]
fn share(asked: usize, length: usize) -> Score {
    asked as Score / length.max(1) as Score
}

/// How much the fields of a document weigh against each other, tried on the questions of `collector::ASIDE`; anything
/// near these does nearly as well.
fn weights(fields: &Fields) -> [(Field, Score); 4] {
    [(fields.name, 2.0), (fields.path, 1.2), (fields.outline, 0.6), (fields.body, 1.5)]
}
