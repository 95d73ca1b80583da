//! What text stands for a node.
//!
//! A node's own text only: what a class's methods say, the methods' documents say. A query in plain words then finds
//! the one definition that it is about, and a large file does not match everything.

use std::fmt::Write;

use crate::graph::{Node, NodeKind};
use crate::walk::parent;

/// The texts of a node's document.
pub(super) struct Texts {
    pub(super) name: String,
    /// Where it is: directories, file and enclosing definitions.
    pub(super) path: String,
    /// The names of what it contains.
    pub(super) outline: String,
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

/// A file's name without its ending, the package's name for an `__init__.py`, and the name of anything else.
pub(super) fn stem(node: Node<'_>) -> &str {
    match node.kind() {
        NodeKind::File => module_path(node.id()).rsplit('/').next().unwrap_or_default(),
        _ => node.name(),
    }
}

/// A file's path without `.py` and `/__init__`.
fn module_path(path: &str) -> &str {
    let path = path.strip_suffix(".py").unwrap_or(path);
    path.strip_suffix("/__init__").unwrap_or(path)
}

/// Every name by which somebody may ask for exactly this node.
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

/// The names whose beginnings find this node.
pub(super) fn names(node: Node<'_>) -> Vec<String> {
    let mut names = match node.kind() {
        NodeKind::Directory => vec![node.name().to_lowercase()],
        NodeKind::File => vec![node.name().to_lowercase(), stem(node).to_lowercase()],
        NodeKind::Class | NodeKind::Function => vec![node.name().to_lowercase(), node.qualified_name().to_lowercase()],
    };
    names.dedup();
    names
}

/// Whether a node that this name finds is spelled like it, capitals and all.
pub(super) fn is_spelled(id: &str, name: &str) -> bool {
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

/// The node's lines without those of its children; of a file without import statements, which are about other files.
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
