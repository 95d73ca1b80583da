//! Expressions as [`Reference`]s.

use tree_sitter::Node;

use super::syntax::{Reference, Step};

/// How far to the left a chain of attributes and calls is followed. A chain of a hundred thousand calls would
/// otherwise be walked once for each of them; nobody resolves more than a handful.
const LONGEST_CHAIN: usize = 16;

/// What is called by an expression in the place of a function, if names tell anything about it.
pub(super) fn of_callee(expression: Node<'_>, text: &str) -> Option<Reference> {
    let mut steps = Vec::new();
    let mut node = expression;
    let root = loop {
        if steps.len() == LONGEST_CHAIN {
            break None;
        }
        match node.kind() {
            "identifier" => break Some(text_of(node, text)?.to_owned()),
            "attribute" => {
                let name = text_of(node.child_by_field_name("attribute")?, text)?;
                steps.push(Step::Attribute(name.to_owned()));
                node = node.child_by_field_name("object")?;
            }
            "call" => {
                steps.push(Step::Call);
                node = node.child_by_field_name("function")?;
            }
            // The grammar takes the `*f()` of a display, a tuple or a subscript for a call of `*f`.
            "parenthesized_expression" | "await" | "list_splat" if node.named_child_count() == 1 => {
                node = node.named_child(0)?;
            }
            // The methods of literals are never the repository's.
            "string"
            | "concatenated_string"
            | "integer"
            | "float"
            | "list"
            | "dictionary"
            | "set"
            | "tuple"
            | "list_comprehension"
            | "dictionary_comprehension"
            | "set_comprehension" => return None,
            _ => break None,
        }
    };
    steps.reverse();
    if root.is_none() && !matches!(steps.last(), Some(Step::Attribute(_))) {
        return None;
    }
    if root.is_none() {
        // Only the attribute's name is left to go by.
        steps.drain(..steps.len() - 1);
    }
    Some(Reference { root, steps })
}

/// A base class: a name, an attribute, or one of these with type arguments.
pub(super) fn of_base(expression: Node<'_>, text: &str) -> Option<Reference> {
    match expression.kind() {
        "identifier" | "attribute" => of_callee(expression, text).filter(|base| base.root.is_some()),
        "subscript" => of_base_value(expression.child_by_field_name("value")?, text),
        _ => None,
    }
}

fn of_base_value(value: Node<'_>, text: &str) -> Option<Reference> {
    matches!(value.kind(), "identifier" | "attribute")
        .then(|| of_callee(value, text))
        .flatten()
        .filter(|base| base.root.is_some())
}

pub(super) fn text_of<'t>(node: Node<'_>, text: &'t str) -> Option<&'t str> {
    text.get(node.byte_range())
}
