//! Views of single nodes and edges.

use std::fmt;

use super::data::{ArchivedEdgeRecord, ArchivedNodeRecord};
use super::{DependencyGraph, EdgeKind, NO_NODE, NodeId, NodeKind};

/// A node of a [`DependencyGraph`]; a copyable view.
#[derive(Clone, Copy)]
pub struct Node<'g> {
    pub(super) graph: &'g DependencyGraph,
    pub(super) id: NodeId,
}

impl<'g> Node<'g> {
    /// The string id: `/` for the root, a relative path, or `path/file.py:Outer.method`.
    pub fn id(self) -> &'g str {
        &self.record().id
    }

    /// The node's number, for tables of one's own.
    pub fn number(self) -> NodeId {
        self.id
    }

    /// What the node stands for.
    pub fn kind(self) -> NodeKind {
        self.record().kind
    }

    /// The last part of the id: `method`, `file.py`, the directory's own name, or `/`.
    pub fn name(self) -> &'g str {
        let id = self.id();
        match self.kind() {
            NodeKind::Directory | NodeKind::File if id != "/" => id.rsplit('/').next().unwrap_or(id),
            NodeKind::Directory | NodeKind::File => id,
            NodeKind::Class | NodeKind::Function => {
                let qualified = self.qualified_name();
                qualified.rsplit('.').next().unwrap_or(qualified)
            }
        }
    }

    /// The part of a class's or function's id after the colon, such as `Outer.method`; the whole id of the others.
    pub fn qualified_name(self) -> &'g str {
        match self.file() {
            // An id starts with its file's id and a colon; asking for the colon by searching would trip over a file
            // name that holds one.
            Some(file) if file.id != self.id => self.id().get(file.id().len() + 1..).unwrap_or(self.id()),
            _ => self.id(),
        }
    }

    /// The file that the node is in, itself for a file; `None` for directories.
    pub fn file(self) -> Option<Node<'g>> {
        self.other(self.record().file.to_native())
    }

    /// The node that contains this one; `None` for the root.
    pub fn parent(self) -> Option<Node<'g>> {
        self.other(self.record().parent.to_native())
    }

    /// The nodes that this one contains, in order.
    pub fn children(self) -> impl Iterator<Item = Node<'g>> {
        self.graph.outgoing(self.id, EdgeKind::Contains).map(Edge::target)
    }

    /// The first line, counted from 1: that of `def` or `class`, as in Python's `ast`, not of a decorator. 1 for files,
    /// `None` for directories.
    pub fn start_line(self) -> Option<u32> {
        Some(self.record().start_line.to_native()).filter(|&line| line > 0)
    }

    /// The last line, counted from 1 and part of the node; `None` for directories.
    pub fn end_line(self) -> Option<u32> {
        Some(self.record().end_line.to_native()).filter(|&line| line > 0)
    }

    /// The text of the node's lines; see [`DependencyGraph::source`].
    pub fn source(self) -> Option<&'g str> {
        self.graph.source(self.id)
    }

    fn other(self, index: u32) -> Option<Node<'g>> {
        (index != NO_NODE).then_some(Node { graph: self.graph, id: NodeId(index) })
    }

    fn record(self) -> &'g ArchivedNodeRecord {
        self.graph.record(self.id)
    }
}

impl From<Node<'_>> for NodeId {
    fn from(node: Node<'_>) -> Self {
        node.id
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({} {:?})", self.kind(), self.id())
    }
}

/// An edge of a [`DependencyGraph`]; a copyable view.
#[derive(Clone, Copy)]
pub struct Edge<'g> {
    pub(super) graph: &'g DependencyGraph,
    pub(super) record: &'g ArchivedEdgeRecord,
}

impl<'g> Edge<'g> {
    /// Where the edge starts: who contains, imports, invokes or inherits.
    pub fn source(self) -> Node<'g> {
        Node { graph: self.graph, id: NodeId(self.record.source.to_native()) }
    }

    /// Where the edge ends: who is contained, imported, invoked or inherited from.
    pub fn target(self) -> Node<'g> {
        Node { graph: self.graph, id: NodeId(self.record.target.to_native()) }
    }

    /// How the two are related.
    pub fn kind(self) -> EdgeKind {
        self.record.kind
    }

    /// The name after `as` of an import that has one.
    pub fn alias(self) -> Option<&'g str> {
        self.record.alias.as_deref()
    }
}

impl fmt::Debug for Edge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edge({:?} {} {:?}", self.source().id(), self.kind(), self.target().id())?;
        if let Some(alias) = self.alias() {
            write!(f, " as {alias}")?;
        }
        f.write_str(")")
    }
}
