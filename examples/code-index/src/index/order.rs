//! The order of nodes that match a query equally well.
//!
//! An *aside* is a test, an example or a benchmark: code about other code, which users rarely search for.

use std::cmp::Reverse;

use crate::graph::{DependencyGraph, EdgeKind, Node, NodeKind};

/// The names of directories and files that hold asides.
const ASIDE_NAMES: [&str; 8] =
    ["test", "tests", "testing", "conftest", "examples", "galleries", "benchmarks", "asv_benchmarks"];

/// Returns the rank of each node, by number.
///
/// Code comes before asides, classes before functions before files before directories, often used nodes before others.
/// The last criterion is the node's number.
pub(super) fn order(graph: &DependencyGraph) -> Vec<u64> {
    let mut nodes = graph.nodes().collect::<Vec<_>>();
    nodes.sort_by_cached_key(|&node| {
        (is_aside(node), kind_rank(node.kind()), Reverse(uses(graph, node)), node.number())
    });
    let mut ranks = vec![0; nodes.len()];
    for (node, rank) in nodes.into_iter().zip(0..) {
        ranks[node.number().index()] = rank;
    }
    ranks
}

fn kind_rank(kind: NodeKind) -> u8 {
    match kind {
        NodeKind::Class => 0,
        NodeKind::Function => 1,
        NodeKind::File => 2,
        NodeKind::Directory => 3,
    }
}

/// Counts the edges that import, invoke or inherit from a node.
fn uses(graph: &DependencyGraph, node: Node<'_>) -> usize {
    graph.incoming(node, None).filter(|edge| edge.kind() != EdgeKind::Contains).count()
}

/// Returns `true` if the node's path is that of an aside.
pub(super) fn is_aside(node: Node<'_>) -> bool {
    let path = node.file().unwrap_or(node).id();
    path.split('/').any(|part| {
        let part = part.strip_suffix(".py").unwrap_or(part);
        ASIDE_NAMES.contains(&part) || part.starts_with("test_") || part.ends_with("_test")
    })
}
