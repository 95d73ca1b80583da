//! The views of single nodes and edges.

use std::fmt;
use std::ops::Range;

use super::data::{ArchivedEdgeRecord, ArchivedNodeRecord};
use super::{DependencyGraph, EdgeKind, NO_NODE, NodeId, NodeKind};

/// A copyable view of a node of a [`DependencyGraph`].
#[derive(Clone, Copy)]
pub struct Node<'g> {
    pub(super) graph: &'g DependencyGraph,
    pub(super) id: NodeId,
}

impl<'g> Node<'g> {
    /// Returns the id: `/` for the root, a relative path, or `path/file.py:Outer.method`.
    pub fn id(self) -> &'g str {
        &self.record().id
    }

    /// Returns the node's number, which can index tables of the caller.
    pub fn number(self) -> NodeId {
        self.id
    }

    /// Returns the node's kind.
    pub fn kind(self) -> NodeKind {
        self.record().kind
    }

    /// Returns the last part of the id: `method`, `file.py`, the directory's own name, or `/`.
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

    /// Returns the part of a class's or function's id after the colon, such as `Outer.method`; for other nodes the id.
    pub fn qualified_name(self) -> &'g str {
        match self.file() {
            // The id starts with the file's id and a colon. A search for the colon would fail for a file name with a
            // colon.
            Some(file) if file.id != self.id => self.id().get(file.id().len() + 1..).unwrap_or(self.id()),
            _ => self.id(),
        }
    }

    /// Returns the file of the node, for a file the node itself; `None` for directories.
    pub fn file(self) -> Option<Node<'g>> {
        self.other(self.record().file.to_native())
    }

    /// Returns the node that contains this one; `None` for the root.
    pub fn parent(self) -> Option<Node<'g>> {
        self.other(self.record().parent.to_native())
    }

    /// Returns the nodes that this one directly contains, in the order of their numbers.
    pub fn children(self) -> impl Iterator<Item = Node<'g>> {
        self.graph.outgoing(self.id, EdgeKind::Contains).map(Edge::target)
    }

    /// Returns the first line, counted from 1: the line of `def` or `class` as in Python's `ast`, not of a decorator.
    ///
    /// Files give 1, directories `None`.
    pub fn start_line(self) -> Option<u32> {
        Some(self.record().start_line.to_native()).filter(|&line| line > 0)
    }

    /// Returns the last line, counted from 1 and inclusive; `None` for directories.
    pub fn end_line(self) -> Option<u32> {
        Some(self.record().end_line.to_native()).filter(|&line| line > 0)
    }

    /// Returns the text of the node; see [`DependencyGraph::source`].
    pub fn source(self) -> Option<&'g str> {
        self.graph.source(self.id)
    }

    /// Returns the bytes of the node's lines in the text of its file; `None` for directories.
    pub(crate) fn text_range(self) -> Option<Range<usize>> {
        let record = self.record();
        let range = record.text_start.to_native() as usize..record.text_end.to_native() as usize;
        (self.kind() != NodeKind::Directory).then_some(range)
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

/// A copyable view of an edge of a [`DependencyGraph`].
#[derive(Clone, Copy)]
pub struct Edge<'g> {
    pub(super) graph: &'g DependencyGraph,
    pub(super) record: &'g ArchivedEdgeRecord,
}

impl<'g> Edge<'g> {
    /// Returns the node that contains, imports, invokes or inherits from the target.
    pub fn source(self) -> Node<'g> {
        Node { graph: self.graph, id: NodeId(self.record.source.to_native()) }
    }

    /// Returns the node that is contained, imported, invoked or inherited from.
    pub fn target(self) -> Node<'g> {
        Node { graph: self.graph, id: NodeId(self.record.target.to_native()) }
    }

    /// Returns the edge's kind.
    pub fn kind(self) -> EdgeKind {
        self.record.kind
    }

    /// Returns the name after `as`, if the edge is an import that has one.
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
