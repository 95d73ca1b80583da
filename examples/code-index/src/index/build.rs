//! Writes an index.

use std::collections::HashMap;

use tantivy::tokenizer::TokenizerManager;
use tantivy::{Directory, Index, SingleSegmentIndexWriter, TantivyDocument};

use super::document::{self, Texts};
use super::order::{is_aside, order};
use super::schema::{ANALYZER, Fields};
use crate::analyzer::AnalyzerConfig;
use crate::graph::{DependencyGraph, Node};

/// The memory budget in bytes. It sets the size of the writer's first hash table, not a limit.
const MEMORY: usize = 64 * 1024 * 1024;

/// Writes one document per node, in the order of the nodes.
///
/// A single writer on this thread writes one segment, so a document's number is its node's number, and equal scores
/// have the same order in every build. tantivy's default writer distributes documents among threads.
pub(super) fn write(
    graph: &DependencyGraph,
    directory: impl Into<Box<dyn Directory>>,
    config: &AnalyzerConfig,
) -> tantivy::Result<Index> {
    let (schema, fields) = Fields::schema();
    let tokenizers = TokenizerManager::default();
    tokenizers.register(ANALYZER, config.analyzer());
    let builder = Index::builder().schema(schema).tokenizers(tokenizers);
    let mut writer: SingleSegmentIndexWriter = builder.single_segment_index_writer(directory, MEMORY)?;
    let order = order(graph);
    let mut groups = HashMap::new();
    for node in graph.nodes() {
        let next = groups.len() as u64;
        let group = *groups.entry(group(node)).or_insert(next);
        let rank = order[node.number().index()];
        writer.add_document(document_of(node, group, rank, fields))?;
    }
    writer.finalize()
}

/// Returns the path by which a node is grouped: its file's, or its own for a directory. A group has one hit.
fn group(node: Node<'_>) -> &str {
    node.file().unwrap_or(node).id()
}

fn document_of(node: Node<'_>, group_number: u64, rank: u64, fields: Fields) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    for key in document::keys(node) {
        document.add_text(fields.keys, key);
    }
    for name in document::names(node) {
        document.add_text(fields.names, name);
    }
    let texts = Texts::of(node);
    document.add_text(fields.name, texts.name);
    document.add_text(fields.path, texts.path);
    document.add_text(fields.outline, texts.outline);
    document.add_text(fields.body, texts.body);
    document.add_text(fields.id, node.id());
    document.add_text(fields.file, group(node));
    for (field, number) in [
        (fields.start_line, node.start_line().unwrap_or(0).into()),
        (fields.end_line, node.end_line().unwrap_or(0).into()),
        (fields.group, group_number),
        (fields.kind, node.kind() as u64),
        (fields.order, rank),
        (fields.aside, is_aside(node).into()),
    ] {
        document.add_u64(field, number);
    }
    document
}
