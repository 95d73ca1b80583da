//! The counts of a graph.

use std::fmt;

use serde::Serialize;

use super::{ArchivedGraphData, EdgeKind, NodeKind, SkipReason};

/// The counts of a graph's nodes and edges by kind, and of its skipped files by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Statistics {
    nodes: [usize; NodeKind::ALL.len()],
    edges: [usize; EdgeKind::ALL.len()],
    skipped: [usize; SkipReason::ALL.len()],
}

impl Statistics {
    pub(super) fn of(data: &ArchivedGraphData) -> Self {
        let mut counts = Self::default();
        for node in data.nodes.iter() {
            counts.nodes[node.kind as usize] += 1;
        }
        for edge in data.edges.iter() {
            counts.edges[edge.kind as usize] += 1;
        }
        for skipped in data.skipped.iter() {
            counts.skipped[skipped.1 as usize] += 1;
        }
        counts
    }

    /// Returns the number of nodes of a kind.
    pub fn nodes(&self, kind: NodeKind) -> usize {
        self.nodes[kind as usize]
    }

    /// Returns the number of edges of a kind.
    pub fn edges(&self, kind: EdgeKind) -> usize {
        self.edges[kind as usize]
    }

    /// Returns the number of files that were skipped for a reason; [`SkipReason::Unreadable`] and
    /// [`SkipReason::NotDecodable`] include directories.
    pub fn skipped(&self, reason: SkipReason) -> usize {
        self.skipped[reason as usize]
    }

    /// Returns the number of all nodes.
    pub fn total_nodes(&self) -> usize {
        self.nodes.iter().sum()
    }

    /// Returns the number of all edges.
    pub fn total_edges(&self) -> usize {
        self.edges.iter().sum()
    }

    /// Returns the number of all skipped files and directories.
    pub fn total_skipped(&self) -> usize {
        self.skipped.iter().sum()
    }
}

impl fmt::Display for Statistics {
    /// Writes one line for nodes, one for edges and, if there are any, one for skipped files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} nodes:", self.total_nodes())?;
        for kind in NodeKind::ALL {
            write!(f, " {} {kind}", self.nodes(kind))?;
        }
        write!(f, "\n{} edges:", self.total_edges())?;
        for kind in EdgeKind::ALL {
            write!(f, " {} {kind}", self.edges(kind))?;
        }
        if self.total_skipped() > 0 {
            write!(f, "\n{} without children:", self.total_skipped())?;
            for reason in SkipReason::ALL.into_iter().filter(|&reason| self.skipped(reason) > 0) {
                write!(f, " {} {reason}", self.skipped(reason))?;
            }
        }
        Ok(())
    }
}
