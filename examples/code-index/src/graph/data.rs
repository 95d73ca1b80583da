//! The records of a graph, and the checks of their consistency.
//!
//! The builder fills the plain structures. A graph reads their `Archived…` counterparts, which rkyv derives: they have
//! the same content without pointers, so they are read in place in the graph's file.

use rkyv::{Archive, Serialize};

use super::adjacency::Adjacency;
use super::{EdgeKind, NodeKind, SkipReason};

/// The absence of a node or text. A plain `u32`, unlike an `Option`, keeps the records flat.
pub(crate) const NO_NODE: u32 = u32::MAX;

/// A stored node. Nodes refer to each other by number.
#[derive(Archive, Serialize)]
pub(crate) struct NodeRecord {
    pub(crate) id: String,
    pub(crate) kind: NodeKind,
    /// The first line, counted from 1; 0 for directories.
    pub(crate) start_line: u32,
    /// The last line, inclusive; 0 for directories.
    pub(crate) end_line: u32,
    /// The node that contains this one; `NO_NODE` for the root.
    pub(crate) parent: u32,
    /// The file of the node, for a file the node itself; `NO_NODE` for directories.
    pub(crate) file: u32,
    /// The index in `GraphData::texts` of a file's text; `NO_NODE` for all other nodes.
    pub(crate) text: u32,
    /// The first byte of the node's lines in the file's text, so that showing a snippet does not count lines.
    pub(crate) text_start: u32,
    /// The byte after the node's lines in the file's text.
    pub(crate) text_end: u32,
}

/// A stored edge. The order of the fields is the order of the edges.
#[derive(PartialEq, Eq, PartialOrd, Ord, Archive, Serialize)]
#[rkyv(derive(PartialEq, Eq, PartialOrd, Ord))]
pub(crate) struct EdgeRecord {
    pub(crate) source: u32,
    pub(crate) kind: EdgeKind,
    pub(crate) target: u32,
    pub(crate) alias: Option<String>,
}

/// All records of a graph.
#[derive(Default, Archive, Serialize)]
pub(crate) struct GraphData {
    pub(crate) nodes: Vec<NodeRecord>,
    /// The edges, sorted, so that the outgoing edges of a node are adjacent.
    pub(crate) edges: Vec<EdgeRecord>,
    pub(crate) adjacency: Adjacency,
    /// The numbers of the nodes, ordered by id, for a binary search by id.
    pub(crate) by_id: Vec<u32>,
    /// The texts of the files.
    pub(crate) texts: Vec<String>,
    /// The paths of skipped files and directories, sorted.
    pub(crate) skipped: Vec<(String, SkipReason)>,
}

impl ArchivedGraphData {
    /// Checks the consistency of records from a file; the error names the first contradiction.
    ///
    /// Every index that a view uses is checked here, once, so that no later access can panic or loop.
    pub(super) fn check(&self) -> Result<(), String> {
        self.check_nodes()?;
        self.check_order_of_ids()?;
        let nodes = self.nodes.len();
        let is_node = |index: u32| (index as usize) < nodes;
        if !self.edges.iter().all(|edge| is_node(edge.source.to_native()) && is_node(edge.target.to_native())) {
            return Err("an edge has no source or target".to_owned());
        }
        if !self.edges.is_sorted() {
            return Err("the edges are out of order".to_owned());
        }
        let ends = self.edges.iter().map(|edge| (edge.source.to_native(), edge.target.to_native()));
        if self.adjacency != Adjacency::new(nodes, ends) {
            return Err("the adjacency tables do not match the edges".to_owned());
        }
        Ok(())
    }

    pub(super) fn node(&self, index: u32) -> &ArchivedNodeRecord {
        &self.nodes[index as usize]
    }

    /// Returns the whole text of a node's file.
    pub(super) fn file_text(&self, node: &ArchivedNodeRecord) -> Option<&str> {
        let file = self.nodes.get(node.file.to_native() as usize)?;
        self.texts.get(file.text.to_native() as usize).map(rkyv::string::ArchivedString::as_str)
    }

    fn check_nodes(&self) -> Result<(), String> {
        for (index, node) in self.nodes.iter().enumerate() {
            let (parent, file) = (node.parent.to_native(), node.file.to_native());
            // A parent has a smaller number than its children, so a walk to the root ends.
            let parent_is_valid = if parent == NO_NODE { index == 0 } else { (parent as usize) < index };
            let file_is_valid = match node.kind {
                NodeKind::Directory => file == NO_NODE && node.text == NO_NODE,
                NodeKind::File => file as usize == index,
                NodeKind::Class | NodeKind::Function => {
                    (file as usize) < index && self.node(file).kind == NodeKind::File
                }
            };
            let range = node.text_start.to_native() as usize..node.text_end.to_native() as usize;
            let text_is_valid = self.file_text(node).is_none_or(|text| text.get(range).is_some());
            if !(parent_is_valid && file_is_valid && text_is_valid) {
                return Err(format!("node {index} has an invalid parent, file or text"));
            }
        }
        Ok(())
    }

    fn check_order_of_ids(&self) -> Result<(), String> {
        let nodes = self.nodes.len();
        if self.by_id.len() != nodes || self.by_id.iter().any(|index| index.to_native() as usize >= nodes) {
            return Err("the id table does not match the nodes".to_owned());
        }
        if !self.by_id.is_sorted_by(|a, b| self.node(a.to_native()).id < self.node(b.to_native()).id) {
            return Err("the ids are out of order".to_owned());
        }
        Ok(())
    }
}
