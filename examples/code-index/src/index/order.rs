//! The order of nodes that match a query equally well.

use std::cmp::Reverse;

use crate::graph::{DependencyGraph, EdgeKind, Node, NodeKind};
use crate::walk;

/// Returns the rank of each node, by number.
///
/// Code comes before asides, classes before functions before files before directories, often used nodes before others.
/// The last criterion is the node's number.
pub(super) fn order(graph: &DependencyGraph) -> Vec<u32> {
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
    walk::is_aside(node.file().unwrap_or(node).id())
}
