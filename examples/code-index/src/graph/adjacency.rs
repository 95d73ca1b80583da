//! Which edges leave and enter a node, derived from the sorted edges in linear time.

use std::ops::Range;

use super::{GraphData, NodeId};

pub(super) struct Adjacency {
    /// For each node, and one beyond, where its outgoing edges start.
    outgoing_starts: Vec<u32>,
    /// For each node, and one beyond, where its incoming edges start in `incoming`.
    incoming_starts: Vec<u32>,
    /// The edges' numbers, grouped by target, ascending within a group: hence ordered by source.
    incoming: Vec<u32>,
}

impl Adjacency {
    pub(super) fn new(data: &GraphData) -> Self {
        let nodes = data.nodes.len();
        let outgoing_starts = starts(nodes, data.edges.iter().map(|edge| edge.source));
        let incoming_starts = starts(nodes, data.edges.iter().map(|edge| edge.target));
        let mut next = incoming_starts.clone();
        let mut incoming = vec![0; data.edges.len()];
        for (number, edge) in (0..).zip(&data.edges) {
            let place = &mut next[edge.target as usize];
            incoming[*place as usize] = number;
            *place += 1;
        }
        Self { outgoing_starts, incoming_starts, incoming }
    }

    pub(super) fn outgoing(&self, node: NodeId) -> Range<usize> {
        range(&self.outgoing_starts, node)
    }

    pub(super) fn incoming(&self, node: NodeId) -> &[u32] {
        &self.incoming[range(&self.incoming_starts, node)]
    }
}

fn range(starts: &[u32], node: NodeId) -> Range<usize> {
    starts[node.index()] as usize..starts[node.index() + 1] as usize
}

/// Counts how often each node occurs, and sums up.
fn starts(nodes: usize, ends: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut starts = vec![0; nodes + 1];
    for node in ends {
        starts[node as usize + 1] += 1;
    }
    for node in 0..nodes {
        starts[node + 1] += starts[node];
    }
    starts
}
