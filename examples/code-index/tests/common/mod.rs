//! Test projects, and edges in a readable form.

#![allow(dead_code, reason = "each test file uses a part of this module")]

use std::fs;
use std::path::{Path, PathBuf};

use code_index::{DependencyGraph, EdgeKind, GraphBuilder, Node};
use tempfile::TempDir;

pub(crate) fn bookshop_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bookshop")
}

pub(crate) fn bookshop() -> DependencyGraph {
    GraphBuilder::new(bookshop_path()).build().expect("the bookshop can be read")
}

/// Creates a temporary directory with these files.
pub(crate) fn project(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    write(dir.path(), files);
    dir
}

pub(crate) fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("the directory can be created");
        fs::write(path, text).expect("the file can be written");
    }
}

/// Builds the graph of a project with these files.
pub(crate) fn graph_of(files: &[(&str, &str)]) -> DependencyGraph {
    let dir = project(files);
    GraphBuilder::new(dir.path()).build().expect("the project can be read")
}

pub(crate) fn ids(graph: &DependencyGraph) -> Vec<&str> {
    graph.nodes().map(Node::id).collect()
}

/// Returns the sorted targets of a node's edges of one kind. An alias follows `as`.
pub(crate) fn targets(graph: &DependencyGraph, source: &str, kind: EdgeKind) -> Vec<String> {
    let node = graph.node(source).unwrap_or_else(|| panic!("no node {source} among {:?}", ids(graph)));
    let mut targets = graph
        .outgoing(node, kind)
        .map(|edge| match edge.alias() {
            Some(alias) => format!("{} as {alias}", edge.target().id()),
            None => edge.target().id().to_owned(),
        })
        .collect::<Vec<_>>();
    targets.sort();
    targets
}

pub(crate) fn imports(graph: &DependencyGraph, source: &str) -> Vec<String> {
    targets(graph, source, EdgeKind::Imports)
}

pub(crate) fn invokes(graph: &DependencyGraph, source: &str) -> Vec<String> {
    targets(graph, source, EdgeKind::Invokes)
}

pub(crate) fn inherits(graph: &DependencyGraph, source: &str) -> Vec<String> {
    targets(graph, source, EdgeKind::Inherits)
}
