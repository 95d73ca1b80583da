//! Which node is meant when many have the name.

use std::cmp::Reverse;

use crate::graph::{DependencyGraph, EdgeKind, Node, NodeKind};

const ASIDE: [&str; 8] =
    ["test", "tests", "testing", "conftest", "examples", "galleries", "benchmarks", "asv_benchmarks"];

/// For each node its place in the order in which equals are listed: code before tests and examples, classes before functions before
/// files before directories, much used before little used, and last the order of the graph.
pub(super) fn order(graph: &DependencyGraph) -> Vec<u64> {
    let mut nodes = graph.nodes().collect::<Vec<_>>();
    nodes.sort_by_cached_key(|&node| (is_aside(node), kind(node.kind()), Reverse(uses(graph, node)), node.number()));
    let mut places = vec![0; nodes.len()];
    for (node, place) in nodes.into_iter().zip(0..) {
        places[node.number().index()] = place;
    }
    places
}

fn kind(kind: NodeKind) -> u8 {
    match kind {
        NodeKind::Class => 0,
        NodeKind::Function => 1,
        NodeKind::File => 2,
        NodeKind::Directory => 3,
    }
}

fn uses(graph: &DependencyGraph, node: Node<'_>) -> usize {
    graph.incoming(node, None).filter(|edge| edge.kind() != EdgeKind::Contains).count()
}

/// Whether a path says that this is a test, an example or a benchmark: code about the code that is looked for.
pub(super) fn is_aside(node: Node<'_>) -> bool {
    let path = node.file().unwrap_or(node).id();
    path.split('/').any(|part| {
        let part = part.strip_suffix(".py").unwrap_or(part);
        ASIDE.contains(&part) || part.starts_with("test_") || part.ends_with("_test")
    })
}
