//! The edges of each node, derived from the sorted edges in linear time.

use std::ops::Range;

use rkyv::rend::u32_le;
use rkyv::vec::ArchivedVec;
use rkyv::{Archive, Serialize};

use super::NodeId;

/// The tables that map a node to its outgoing and incoming edges.
#[derive(Default, Archive, Serialize)]
#[rkyv(compare(PartialEq))]
pub(crate) struct Adjacency {
    /// The position of each node's first outgoing edge among all edges; one element more than nodes.
    outgoing_starts: Vec<u32>,
    /// The position of each node's first incoming edge in `incoming`; one element more than nodes.
    incoming_starts: Vec<u32>,
    /// The numbers of the edges, grouped by target and ascending within a group, so ordered by source.
    incoming: Vec<u32>,
}

impl Adjacency {
    /// Builds the tables from the number of nodes and the sources and targets of the sorted edges.
    pub(crate) fn new(nodes: usize, edges: impl ExactSizeIterator<Item = (u32, u32)> + Clone) -> Self {
        let outgoing_starts = starts(nodes, edges.clone().map(|(source, _)| source));
        let incoming_starts = starts(nodes, edges.clone().map(|(_, target)| target));
        let mut next = incoming_starts.clone();
        let mut incoming = vec![0; edges.len()];
        for (number, (_, target)) in (0..).zip(edges) {
            let position = &mut next[target as usize];
            incoming[*position as usize] = number;
            *position += 1;
        }
        Self { outgoing_starts, incoming_starts, incoming }
    }
}

impl ArchivedAdjacency {
    pub(super) fn outgoing(&self, node: NodeId) -> Range<usize> {
        range(&self.outgoing_starts, node)
    }

    pub(super) fn incoming(&self, node: NodeId) -> &[u32_le] {
        &self.incoming[range(&self.incoming_starts, node)]
    }
}

fn range(starts: &ArchivedVec<u32_le>, node: NodeId) -> Range<usize> {
    starts[node.index()].to_native() as usize..starts[node.index() + 1].to_native() as usize
}

/// Returns the first position of each node's group, if items are grouped by node: the prefix sums of the counts.
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
