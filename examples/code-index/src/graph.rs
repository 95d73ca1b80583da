//! The graph and its queries.
//!
//! A [`DependencyGraph`] keeps its data in the format of its file, in memory or mapped. [`Node`] and [`Edge`] are cheap
//! views of it. The public methods do not show how the data is stored.
//!
//! - `kinds`: the kinds of nodes and edges, and the reasons for skipping a file
//! - `view`: single nodes and edges
//! - `statistics`: counts
//! - `data`, `adjacency`: the stored records and their consistency
//! - `file`: the file format

mod adjacency;
mod data;
mod file;
mod kinds;
mod statistics;
mod view;

use std::fmt;

use data::{ArchivedGraphData, ArchivedNodeRecord};
use file::GraphFile;

pub(crate) use adjacency::Adjacency;
pub(crate) use data::{EdgeRecord, GraphData, NO_NODE, NodeRecord};
pub use kinds::{EdgeKind, NodeKind, SkipReason};
pub use statistics::Statistics;
pub use view::{Edge, Node};

/// The number of a node in its graph.
///
/// Numbers are dense and start at 0. They are the same in every build of the same files with the same configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// Returns the number as an index, less than the number of nodes.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The graph of a Python repository.
///
/// See [`NodeKind`] and [`EdgeKind`] for its parts. A graph is self-contained: it stores the text of every readable
/// file, so an index can be built and snippets can be shown without the repository. All paths are relative to the root
/// and use `/`.
///
/// Two graphs of the same files with the same configuration are equal, for any location of the repository and any
/// number of threads. A graph can be shared among threads.
///
/// # Examples
///
/// ```
/// use code_index::{EdgeKind, GraphBuilder, NodeKind};
///
/// # let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bookshop");
/// let graph = GraphBuilder::new(root).build()?;
/// let book = graph.node("bookshop/catalogue/models.py:Book").expect("the class is in the graph");
/// assert_eq!(book.kind(), NodeKind::Class);
/// assert!(graph.source(book).is_some_and(|text| text.starts_with("class Book")));
/// for edge in graph.incoming(book, EdgeKind::Inherits) {
///     println!("{} is a book", edge.source().id());
/// }
/// # Ok::<(), code_index::Error>(())
/// ```
pub struct DependencyGraph {
    file: GraphFile,
}

impl DependencyGraph {
    /// Returns the graph of records that satisfy [`ArchivedGraphData::check`].
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`](crate::Error::TooLarge) if the records do not fit into a file.
    pub(crate) fn from_data(data: &GraphData) -> Result<Self, crate::Error> {
        Ok(Self { file: GraphFile::new(data)? })
    }

    /// Returns all nodes, in the order of their numbers.
    ///
    /// A directory comes before its contents. Names are in byte order, definitions in the order of the text.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = Node<'_>> {
        // `try_from` cannot fail, because nodes are numbered with `u32`.
        (0..u32::try_from(self.data().nodes.len()).unwrap_or(u32::MAX)).map(|index| self.view(NodeId(index)))
    }

    /// Returns the node with this id, such as `/`, `shop/orders.py` or `shop/orders.py:Order.total`.
    pub fn node(&self, id: &str) -> Option<Node<'_>> {
        let data = self.data();
        let found = data.by_id.binary_search_by(|index| data.node(index.to_native()).id.as_str().cmp(id)).ok()?;
        Some(self.view(NodeId(data.by_id[found].to_native())))
    }

    /// Returns the node with this number.
    ///
    /// # Panics
    ///
    /// If the number comes from a larger graph.
    pub fn node_at(&self, id: NodeId) -> Node<'_> {
        assert!(id.index() < self.data().nodes.len(), "the graph has no node {}", id.0);
        self.view(id)
    }

    /// Returns all edges, ordered by source, kind, target and alias.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = Edge<'_>> {
        self.data().edges.iter().map(|record| Edge { graph: self, record })
    }

    /// Returns the edges that start at a node, of one kind or, with `None`, of all kinds.
    pub fn outgoing(
        &self,
        node: impl Into<NodeId>,
        kind: impl Into<Option<EdgeKind>>,
    ) -> impl Iterator<Item = Edge<'_>> {
        let kind = kind.into();
        let data = self.data();
        data.edges[data.adjacency.outgoing(node.into())]
            .iter()
            .filter(move |record| kind.is_none_or(|kind| record.kind == kind))
            .map(|record| Edge { graph: self, record })
    }

    /// Returns the edges that end at a node, of one kind or, with `None`, of all kinds, ordered by source.
    pub fn incoming(
        &self,
        node: impl Into<NodeId>,
        kind: impl Into<Option<EdgeKind>>,
    ) -> impl Iterator<Item = Edge<'_>> {
        let kind = kind.into();
        let data = self.data();
        data.adjacency
            .incoming(node.into())
            .iter()
            .map(|edge| &data.edges[edge.to_native() as usize])
            .filter(move |record| kind.is_none_or(|kind| record.kind == kind))
            .map(|record| Edge { graph: self, record })
    }

    /// Returns the text of a node: the whole text of a file, the whole lines of a definition.
    ///
    /// The text of a definition has no line end at its end. Line ends are `\n`, even if the file on disk has others.
    /// Directories and files without text give `None`.
    pub fn source(&self, node: impl Into<NodeId>) -> Option<&str> {
        let record = self.record(node.into());
        let range = record.text_start.to_native() as usize..record.text_end.to_native() as usize;
        self.data().file_text(record)?.get(range)
    }

    /// Counts the nodes, the edges and the skipped files.
    pub fn statistics(&self) -> Statistics {
        Statistics::of(self.data())
    }

    /// Returns the paths of the skipped files and directories, with the reasons, ordered by path.
    pub fn skipped(&self) -> impl ExactSizeIterator<Item = (&str, SkipReason)> {
        self.data().skipped.iter().map(|skipped| (skipped.0.as_str(), skipped.1))
    }

    fn view(&self, id: NodeId) -> Node<'_> {
        Node { graph: self, id }
    }

    fn record(&self, id: NodeId) -> &ArchivedNodeRecord {
        &self.data().nodes[id.index()]
    }

    fn data(&self) -> &ArchivedGraphData {
        self.file.data()
    }
}

impl PartialEq for DependencyGraph {
    fn eq(&self, other: &Self) -> bool {
        self.file == other.file
    }
}

impl Eq for DependencyGraph {}

impl fmt::Debug for DependencyGraph {
    /// Writes counts only, because a whole graph is too long to read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DependencyGraph")
            .field("nodes", &self.data().nodes.len())
            .field("edges", &self.data().edges.len())
            .field("skipped", &self.data().skipped.len())
            .finish_non_exhaustive()
    }
}
