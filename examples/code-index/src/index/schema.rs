//! The fields of a document in the index.

use tantivy::schema::{FAST, Field, IndexRecordOption, STORED, Schema, SchemaBuilder, TextFieldIndexing, TextOptions};

/// The name of the analyzer in tantivy's registry.
pub(super) const ANALYZER: &str = "code";

/// The fields of a document.
///
/// tantivy numbers fields in the order in which they are added, so the numbers need no lookup in the stored schema.
///
/// The stored fields hold everything that a hit shows. A hit therefore opens no column, which would take longer the
/// more nodes an index has.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    /// Lookup: all names that match the node exactly, in lower case.
    pub(super) keys: Field,
    /// Lookup: all names whose prefixes match the node, in lower case.
    pub(super) names: Field,
    /// Text with its own weight, as are the next three.
    pub(super) name: Field,
    pub(super) path: Field,
    pub(super) outline: Field,
    pub(super) body: Field,
    /// Stored, as are the next three.
    pub(super) id: Field,
    pub(super) file: Field,
    pub(super) start_line: Field,
    pub(super) end_line: Field,
    /// Stored and a column, as is the next one.
    pub(super) group: Field,
    pub(super) kind: Field,
    /// A column, as is the next one.
    pub(super) order: Field,
    pub(super) aside: Field,
}

/// The names of the columns: one number per document, which is read during a search.
pub(super) mod column {
    /// The number of the node's file or directory; nodes of the same file have the same number.
    pub(in crate::index) const GROUP: &str = "group";
    /// The number of the node's kind.
    pub(in crate::index) const KIND: &str = "kind";
    /// The rank of the node; see `order`.
    pub(in crate::index) const ORDER: &str = "order";
    /// 1 for asides, else 0; see `order`.
    pub(in crate::index) const ASIDE: &str = "aside";
}

impl Fields {
    /// Builds the schema of an index.
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
