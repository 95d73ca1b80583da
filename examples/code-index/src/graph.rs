//! The graph: what it holds, and how it is asked.
//!
//! [`DependencyGraph`] is its own file, in memory or mapped; [`Node`] and [`Edge`] are cheap views into it. Nothing here
//! shows how the data is stored, so that another storage can take its place behind the same methods.

mod adjacency;
mod data;
mod file;
mod statistics;
mod view;

use std::fmt;

use rkyv::bytecheck::CheckBytes;
use rkyv::{Archive, Portable};
use serde::{Deserialize, Serialize};

use data::{ArchivedGraphData, ArchivedNodeRecord};
use file::GraphFile;

pub(crate) use adjacency::Adjacency;
pub(crate) use data::{EdgeRecord, GraphData, NO_NODE, NodeRecord};
pub use statistics::Statistics;
pub use view::{Edge, Node};

/// What a node stands for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Archive,
    rkyv::Serialize,
    Portable,
    CheckBytes,
)]
#[serde(rename_all = "lowercase")]
#[rkyv(as = Self)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum NodeKind {
    /// A directory with Python files somewhere below it.
    Directory,
    /// A Python file.
    File,
    /// A class, wherever it is defined.
    Class,
    /// A function or method, wherever it is defined, except for `__init__` methods.
    Function,
}

impl NodeKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 4] = [Self::Directory, Self::File, Self::Class, Self::Function];

    /// The kind's name: `directory`, `file`, `class` or `function`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::File => "file",
            Self::Class => "class",
            Self::Function => "function",
        }
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How two nodes are related.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Archive,
    rkyv::Serialize,
    Portable,
    CheckBytes,
)]
#[serde(rename_all = "lowercase")]
#[rkyv(as = Self)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum EdgeKind {
    /// A directory, file, class or function holds the target.
    Contains,
    /// A file, class or function imports the target.
    Imports,
    /// A class or function calls the target, or is decorated with it.
    Invokes,
    /// A class has the target as a base.
    Inherits,
}

impl EdgeKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 4] = [Self::Contains, Self::Imports, Self::Invokes, Self::Inherits];

    /// The kind's name: `contains`, `imports`, `invokes` or `inherits`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Imports => "imports",
            Self::Invokes => "invokes",
            Self::Inherits => "inherits",
        }
    }
}

impl fmt::Display for EdgeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a Python file has no children in the graph.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Archive,
    rkyv::Serialize,
    Portable,
    CheckBytes,
)]
#[serde(rename_all = "snake_case")]
#[rkyv(as = Self)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum SkipReason {
    /// The text, or the name, is not UTF-8. The text is not kept; a file or directory with such a name has no node.
    NotUtf8,
    /// More bytes than `max_file_bytes`. The text is not kept.
    TooLarge,
    /// Nested deeper than `max_nesting`.
    TooDeep,
    /// Not Python 3, or one of the few things in Python 3 that the grammar does not know, such as `f"{a:=}"`.
    DoesNotParse,
    /// The file or directory could not be opened or read.
    Unreadable,
}

impl SkipReason {
    /// All reasons, in their order.
    pub const ALL: [Self; 5] = [Self::NotUtf8, Self::TooLarge, Self::TooDeep, Self::DoesNotParse, Self::Unreadable];

    /// The reason in words: `not UTF-8`, `too large`, `too deeply nested`, `does not parse` or `unreadable`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not UTF-8",
            Self::TooLarge => "too large",
            Self::TooDeep => "too deeply nested",
            Self::DoesNotParse => "does not parse",
            Self::Unreadable => "unreadable",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A node's number: small, dense, the same in every build of the same files with the same configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The number, less than the number of nodes.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A Python repository as a graph: directories, files, classes and functions; contains, imports, invokes, inherits.
///
/// Self-contained: it holds the text of every file that it could read, so that an index can be built and snippets can
/// be shown where the repository is gone. All paths are relative to the root and written with `/`. Two graphs of the
/// same files with the same configuration are equal, whatever the directory and the number of threads.
///
/// # Examples
///
/// ```
/// use code_index::{EdgeKind, GraphBuilder, NodeKind};
///
/// # let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bookshop");
/// let graph = GraphBuilder::new(root).build()?;
/// let book = graph.node("bookshop/catalogue/models.py:Book").expect("the class is there");
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
    /// A graph over records that are in order; see [`ArchivedGraphData::check`].
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`](crate::Error::TooLarge) if the records do not fit a file.
    pub(crate) fn from_data(data: &GraphData) -> Result<Self, crate::Error> {
        Ok(Self { file: GraphFile::new(data)? })
    }

    /// All nodes, in the order of their numbers: a directory before what it holds, names in byte order, definitions in
    /// the order of the text.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = Node<'_>> {
        // `try_from` cannot fail: numbers are `u32`s, and the builder makes no more than that.
        (0..u32::try_from(self.data().nodes.len()).unwrap_or(u32::MAX)).map(|index| self.view(NodeId(index)))
    }

    /// The node of this string id, such as `/`, `shop/orders.py` or `shop/orders.py:Order.total`.
    pub fn node(&self, id: &str) -> Option<Node<'_>> {
        let data = self.data();
        let found = data.by_id.binary_search_by(|index| data.node(index.to_native()).id.as_str().cmp(id)).ok()?;
        Some(self.view(NodeId(data.by_id[found].to_native())))
    }

    /// The node of this number.
    ///
    /// # Panics
    ///
    /// If the number comes from a larger graph.
    pub fn node_at(&self, id: NodeId) -> Node<'_> {
        assert!(id.index() < self.data().nodes.len(), "node {} is not of this graph", id.0);
        self.view(id)
    }

    /// All edges, ordered by source, kind, target and alias.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = Edge<'_>> {
        self.data().edges.iter().map(|record| Edge { graph: self, record })
    }

    /// The edges that start at a node, of one kind or (with `None`) of all.
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

    /// The edges that end at a node, of one kind or (with `None`) of all, ordered by source.
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

    /// The text of a node's lines, whole lines without the last line's end; all of a file's text for a file.
    ///
    /// Line ends are `\n`, whatever the file on disk has. `None` for directories and for files without text.
    pub fn source(&self, node: impl Into<NodeId>) -> Option<&str> {
        let record = self.record(node.into());
        let range = record.text_start.to_native() as usize..record.text_end.to_native() as usize;
        self.data().file_text(record)?.get(range)
    }

    /// How much of what is in the graph, and which files have no children.
    pub fn statistics(&self) -> Statistics {
        Statistics::of(self.data())
    }

    /// The files (and directories) that have no children in the graph, and why, by path.
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
    /// The counts: a graph printed whole helps nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DependencyGraph")
            .field("nodes", &self.data().nodes.len())
            .field("edges", &self.data().edges.len())
            .field("skipped", &self.data().skipped.len())
            .finish_non_exhaustive()
    }
}
