//! Converts expressions into [`Reference`]s.

use tree_sitter::Node;

use super::syntax::{Reference, Step};

/// The maximum number of attributes and calls in a chain that is followed to the left.
///
/// Without a limit, a chain of a hundred thousand calls would be walked once for each call. More than a few steps do
/// not resolve in practice.
const MAX_CHAIN: usize = 16;

/// Returns the callee of a call, or `None` if no name in the expression identifies it.
pub(super) fn of_callee(expression: Node<'_>, text: &str) -> Option<Reference> {
    let mut steps = Vec::new();
    let mut node = expression;
    let root = loop {
        if steps.len() == MAX_CHAIN {
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
            // In a display, a tuple or a subscript, the grammar parses `*f()` as a call of `*f`.
            "parenthesized_expression" | "await" | "list_splat" if node.named_child_count() == 1 => {
                node = node.named_child(0)?;
            }
            // The methods of literals are never defined in the repository.
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
        // Only the name of the last attribute identifies the callee.
        steps.drain(..steps.len() - 1);
    }
    Some(Reference { root, steps })
}

/// Returns a base class: a name, an attribute, or one of these with type arguments.
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
