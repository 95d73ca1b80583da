//! The JSON output of `code-index graph --json`.

use code_index::{DependencyGraph, Edge, EdgeKind, Node, NodeKind};
use serde::Serialize;

/// A graph as one JSON object.
#[derive(Serialize)]
pub(crate) struct GraphJson<'g> {
    nodes: Vec<NodeJson<'g>>,
    edges: Vec<EdgeJson<'g>>,
}

#[derive(Serialize)]
struct NodeJson<'g> {
    id: &'g str,
    #[serde(rename = "type")]
    kind: NodeKind,
    start_line: Option<u32>,
    end_line: Option<u32>,
}

#[derive(Serialize)]
struct EdgeJson<'g> {
    source: &'g str,
    target: &'g str,
    #[serde(rename = "type")]
    kind: EdgeKind,
    alias: Option<&'g str>,
}

impl<'g> GraphJson<'g> {
    pub(crate) fn of(graph: &'g DependencyGraph) -> Self {
        Self { nodes: graph.nodes().map(NodeJson::of).collect(), edges: graph.edges().map(EdgeJson::of).collect() }
    }
}

impl<'g> NodeJson<'g> {
    fn of(node: Node<'g>) -> Self {
        Self { id: node.id(), kind: node.kind(), start_line: node.start_line(), end_line: node.end_line() }
    }
}

impl<'g> EdgeJson<'g> {
    fn of(edge: Edge<'g>) -> Self {
        Self { source: edge.source().id(), target: edge.target().id(), kind: edge.kind(), alias: edge.alias() }
    }
}
