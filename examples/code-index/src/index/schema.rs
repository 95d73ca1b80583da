//! The fields of a document.

use tantivy::schema::{FAST, Field, IndexRecordOption, STORED, Schema, SchemaBuilder, TextFieldIndexing, TextOptions};

/// The name under which the analyzer is known to tantivy.
pub(super) const ANALYZER: &str = "code";

/// What is known of every node. Fields are numbered in the order in which they are added, so that they need not be
/// looked up in a stored schema.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    /// All names that find a node exactly, in lower case.
    pub(super) keys: Field,
    /// Its names as prefixes find them, in lower case.
    pub(super) names: Field,
    /// Searched as text, each with its own weight.
    pub(super) name: Field,
    pub(super) path: Field,
    pub(super) outline: Field,
    pub(super) body: Field,
    /// Given back: all that a hit says, so that reading one opens no column, which takes longer the more nodes there are.
    pub(super) id: Field,
    pub(super) file: Field,
    pub(super) start_line: Field,
    pub(super) end_line: Field,
    /// Both: given back, and columns.
    pub(super) group: Field,
    pub(super) kind: Field,
    /// Columns.
    pub(super) order: Field,
    pub(super) aside: Field,
}

/// Columns: a number for each document, read while searching.
pub(super) mod column {
    /// Which results are of the same file.
    pub(in crate::index) const GROUP: &str = "group";
    pub(in crate::index) const KIND: &str = "kind";
    /// The place in an order of all nodes by how likely they are meant; see `order`.
    pub(in crate::index) const ORDER: &str = "order";
    /// 1 for tests and examples; see `order`.
    pub(in crate::index) const ASIDE: &str = "aside";
}

impl Fields {
    pub(super) fn schema() -> (Schema, Self) {
        let mut builder = SchemaBuilder::new();
        let raw = text("raw", IndexRecordOption::Basic);
        let analyzed = text(ANALYZER, IndexRecordOption::WithFreqs);
        let fields = Self {
            keys: builder.add_text_field("keys", raw.clone()),
            names: builder.add_text_field("names", raw),
            name: builder.add_text_field("name", analyzed.clone()),
            path: builder.add_text_field("path", analyzed.clone()),
            outline: builder.add_text_field("outline", analyzed.clone()),
            body: builder.add_text_field("body", analyzed),
            id: builder.add_text_field("id", STORED),
            file: builder.add_text_field("file", STORED),
            start_line: builder.add_u64_field("start_line", STORED),
            end_line: builder.add_u64_field("end_line", STORED),
            group: builder.add_u64_field(column::GROUP, FAST | STORED),
            kind: builder.add_u64_field(column::KIND, FAST | STORED),
            order: builder.add_u64_field(column::ORDER, FAST),
            aside: builder.add_u64_field(column::ASIDE, FAST),
        };
        (builder.build(), fields)
    }
}

fn text(tokenizer: &str, record: IndexRecordOption) -> TextOptions {
    TextOptions::default()
        .set_indexing_options(TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(record))
}
