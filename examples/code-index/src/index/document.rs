//! The texts and names of a node's document.
//!
//! A document has only the node's own text: the text of a class's methods is in the documents of the methods. A query
//! in plain words therefore finds the one definition that it describes, and a large file does not match everything.

use std::fmt::Write;

use crate::graph::{Node, NodeKind};
use crate::walk::parent;

/// The texts of a node's document.
pub(super) struct Texts {
    pub(super) name: String,
    /// The directories, the file and the enclosing definitions of the node.
    pub(super) path: String,
    /// The names of the definitions and files that the node contains.
    pub(super) outline: String,
    /// The node's own lines.
    pub(super) body: String,
}

impl Texts {
    pub(super) fn of(node: Node<'_>) -> Self {
        let name = stem(node).to_owned();
        let path = match node.kind() {
            NodeKind::Directory | NodeKind::File => parent(node.id()).to_owned(),
            NodeKind::Class | NodeKind::Function => {
                node.parent().map(|parent| parent.id().replace(".py", " ")).unwrap_or_default()
            }
        };
        Self { name, path, outline: outline(node), body: own_lines(node) }
    }
}

/// Returns a file's name without `.py`, the package's name for `__init__.py`, and the name of any other node.
fn stem(node: Node<'_>) -> &str {
    match node.kind() {
        NodeKind::File => module_path(node.id()).rsplit('/').next().unwrap_or_default(),
        _ => node.name(),
    }
}

/// Returns a file's path without `.py` and `/__init__`.
fn module_path(path: &str) -> &str {
    let path = path.strip_suffix(".py").unwrap_or(path);
    path.strip_suffix("/__init__").unwrap_or(path)
}

/// Returns all names that match the node exactly, in lower case.
pub(super) fn keys(node: Node<'_>) -> Vec<String> {
    let mut keys = names(node);
    keys.push(node.id().to_lowercase());
    let module = node.file().map_or(node.id(), |file| module_path(file.id())).replace('/', ".");
    let dotted = match node.kind() {
        NodeKind::Directory | NodeKind::File => module,
        NodeKind::Class | NodeKind::Function => format!("{module}.{}", node.qualified_name()),
    };
    keys.push(dotted.to_lowercase());
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Returns the names whose prefixes match the node, in lower case.
pub(super) fn names(node: Node<'_>) -> Vec<String> {
    let mut names = match node.kind() {
        NodeKind::Directory => vec![node.name().to_lowercase()],
        NodeKind::File => vec![node.name().to_lowercase(), stem(node).to_lowercase()],
        NodeKind::Class | NodeKind::Function => vec![node.name().to_lowercase(), node.qualified_name().to_lowercase()],
    };
    names.dedup();
    names
}

/// Returns `true` if a node that matches a name exactly also matches its case.
pub(super) fn matches_case(id: &str, name: &str) -> bool {
    let dotted = id.replace("/__init__.py", "").replace(".py", "").replace(['/', ':'], ".");
    id.ends_with(name) || dotted.ends_with(name)
}

fn outline(node: Node<'_>) -> String {
    let mut outline = String::new();
    for child in node.children() {
        // Writing to a string cannot fail.
        let _ = writeln!(outline, "{}", stem(child));
        if node.kind() == NodeKind::File {
            for member in child.children() {
                let _ = writeln!(outline, "{}", member.name());
            }
        }
    }
    outline
}

/// Returns the node's lines without the lines of its children.
///
/// The import statements of a file are removed, because they describe other files.
fn own_lines(node: Node<'_>) -> String {
    let (Some(text), Some(first)) = (node.source(), node.start_line()) else { return String::new() };
    let mut children =
        node.children().filter_map(|child| Some((child.start_line()?, child.end_line()?))).collect::<Vec<_>>();
    children.sort_unstable();
    let mut children = children.into_iter().peekable();
    let mut own = String::new();
    for (line, number) in text.split('\n').zip(first..) {
        while children.next_if(|&(_, end)| end < number).is_some() {}
        let in_child = children.peek().is_some_and(|&(start, _)| start <= number);
        let import = node.kind() == NodeKind::File && (line.starts_with("import ") || line.starts_with("from "));
        if !in_child && !import {
            own.push_str(line);
            own.push('\n');
        }
    }
    own
}
