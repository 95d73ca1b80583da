//! The words of a node's document, by field.
//!
//! A document has only the node's own text: the text of a class's methods is in the documents of the methods. A query
//! in plain words therefore finds the one definition that it describes, and a large file does not match everything.

use std::ops::Range;

use super::identity::Identity;
use super::source::{Part, Source};
use crate::graph::{Node, NodeKind};
use crate::walk::parent;

/// A part of a document with its own weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    /// The directories, the file and the enclosing definitions of the node.
    Path,
    /// The parameters and bases of a definition.
    Signature,
    Docstring,
    Comment,
    Body,
    /// The names of the definitions and files that the node contains.
    Outline,
}

impl Field {
    pub(super) const COUNT: usize = 7;
}

/// Passes the texts of a node's document to `add`.
pub(super) fn texts<'t>(node: Node<'t>, source: Option<&Source<'t>>, mut add: impl FnMut(Field, &'t str)) {
    add(Field::Name, Identity::of(node).stem());
    match node.kind() {
        NodeKind::Directory | NodeKind::File => add(Field::Path, parent(node.id())),
        NodeKind::Class | NodeKind::Function => {
            let around = node.parent().map_or("", Node::id);
            let (before, after) = around.split_once(".py").unwrap_or((around, ""));
            add(Field::Path, before);
            add(Field::Path, after);
        }
    }
    for child in node.children() {
        add(Field::Outline, Identity::of(child).stem());
        if node.kind() == NodeKind::File {
            child.children().for_each(|member| add(Field::Outline, member.name()));
        }
    }
    let (Some(source), Some(range)) = (source, node.text_range()) else { return };
    let is_definition = node.kind() != NodeKind::File;
    let signature = if is_definition { range.start..source.end_of_statement(range.start).min(range.end) } else { 0..0 };
    for own in without(range, node.children().filter_map(Node::text_range)) {
        for part in source.parts(own.start..own.end.min(signature.end)).filter(|_| own.start < signature.end) {
            add_part(part, Field::Signature, &mut add);
        }
        for part in source.parts(own.start.max(signature.end)..own.end) {
            match part {
                // The import statements of a file describe other files.
                Part::Code(code) if !is_definition => code
                    .split('\n')
                    .filter(|line| !line.starts_with("import ") && !line.starts_with("from "))
                    .for_each(|line| add(Field::Body, line)),
                part => add_part(part, Field::Body, &mut add),
            }
        }
    }
}

fn add_part<'t>(part: Part<'t>, code: Field, add: &mut impl FnMut(Field, &'t str)) {
    match part {
        Part::Code(text) => add(code, text),
        Part::Comment(text) => add(Field::Comment, text),
        Part::Docstring(text) => add(Field::Docstring, text),
    }
}

/// Returns the parts of a range that are not in the other ranges.
fn without(range: Range<usize>, others: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut others = others.collect::<Vec<_>>();
    others.sort_by_key(|other| (other.start, other.end));
    let mut parts = Vec::new();
    let mut position = range.start;
    for other in others {
        if other.start > position {
            parts.push(position..other.start.min(range.end));
        }
        position = position.max(other.end);
    }
    parts.push(position..range.end.max(position));
    parts.retain(|part| part.start < part.end);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(range: Range<usize>, others: &[Range<usize>]) -> Vec<Range<usize>> {
        without(range, others.iter().cloned())
    }

    #[test]
    fn nested_ranges_are_removed() {
        assert_eq!(own(0..10, &[2..4, 3..5, 7..8]), [0..2, 5..7, 8..10]);
        assert!(own(2..4, &[0..3, 3..9]).is_empty());
        assert_eq!(own(1..3, &[]), own(1..3, &[5..6, 7..8]));
    }
}
