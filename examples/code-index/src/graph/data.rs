//! The records of a graph, and what must hold among them.
//!
//! They are made as ordinary structures, and read where they lie in the graph's file: as the `Archived…` ones that rkyv makes of
//! them, which hold the same without pointers.

use rkyv::{Archive, Serialize};

use super::adjacency::Adjacency;
use super::{EdgeKind, NodeKind, SkipReason};

/// Stands for "none" where a node's or text's number is expected: a plain `u32` keeps the records flat.
pub(crate) const NO_NODE: u32 = u32::MAX;

#[derive(Archive, Serialize)]
pub(crate) struct NodeRecord {
    pub(crate) id: String,
    pub(crate) kind: NodeKind,
    /// 1-based and inclusive; both 0 for directories.
    pub(crate) start_line: u32,
    pub(crate) end_line: u32,
    /// Who contains it; `NO_NODE` for the root.
    pub(crate) parent: u32,
    /// The file it is in, itself for a file; `NO_NODE` for directories.
    pub(crate) file: u32,
    /// For a file with text its place in `texts`, else `NO_NODE`.
    pub(crate) text: u32,
    /// The bytes of the lines within the file's text, so that showing a snippet does not count lines.
    pub(crate) text_start: u32,
    pub(crate) text_end: u32,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Archive, Serialize)]
#[rkyv(derive(PartialEq, Eq, PartialOrd, Ord))]
pub(crate) struct EdgeRecord {
    pub(crate) source: u32,
    pub(crate) kind: EdgeKind,
    pub(crate) target: u32,
    pub(crate) alias: Option<String>,
}

#[derive(Default, Archive, Serialize)]
pub(crate) struct GraphData {
    pub(crate) nodes: Vec<NodeRecord>,
    /// In the order of `EdgeRecord`: what leaves a node lies together.
    pub(crate) edges: Vec<EdgeRecord>,
    pub(crate) adjacency: Adjacency,
    /// The numbers of the nodes in the order of their ids, to find an id by bisection.
    pub(crate) by_id: Vec<u32>,
    pub(crate) texts: Vec<String>,
    pub(crate) skipped: Vec<(String, SkipReason)>,
}

impl ArchivedGraphData {
    /// Says what is wrong with records that came from a file.
    ///
    /// Everything that a view indexes with is checked here, once, so that no later access can panic or loop.
    pub(super) fn check(&self) -> Result<(), String> {
        self.check_nodes()?;
        self.check_order_of_ids()?;
        let nodes = self.nodes.len();
        let is_node = |index: u32| (index as usize) < nodes;
        if !self.edges.iter().all(|edge| is_node(edge.source.to_native()) && is_node(edge.target.to_native())) {
            return Err("an edge leads out of the graph".to_owned());
        }
        if !self.edges.is_sorted() {
            return Err("the edges are out of order".to_owned());
        }
        let ends = self.edges.iter().map(|edge| (edge.source.to_native(), edge.target.to_native()));
        if self.adjacency != Adjacency::new(nodes, ends) {
            return Err("the tables of what leaves and enters a node do not fit the edges".to_owned());
        }
        Ok(())
    }

    pub(super) fn node(&self, index: u32) -> &ArchivedNodeRecord {
        &self.nodes[index as usize]
    }

    /// All of the text of the file that a node is in.
    pub(super) fn file_text(&self, node: &ArchivedNodeRecord) -> Option<&str> {
        let file = self.nodes.get(node.file.to_native() as usize)?;
        self.texts.get(file.text.to_native() as usize).map(rkyv::string::ArchivedString::as_str)
    }

    fn check_nodes(&self) -> Result<(), String> {
        for (index, node) in self.nodes.iter().enumerate() {
            let (parent, file) = (node.parent.to_native(), node.file.to_native());
            // A parent always has the smaller number, so that walking up ends.
            let parent_fits = if parent == NO_NODE { index == 0 } else { (parent as usize) < index };
            let file_fits = match node.kind {
                NodeKind::Directory => file == NO_NODE && node.text == NO_NODE,
                NodeKind::File => file as usize == index,
                NodeKind::Class | NodeKind::Function => {
                    (file as usize) < index && self.node(file).kind == NodeKind::File
                }
            };
            let range = node.text_start.to_native() as usize..node.text_end.to_native() as usize;
            let text_fits = self.file_text(node).is_none_or(|text| text.get(range).is_some());
            if !(parent_fits && file_fits && text_fits) {
                return Err(format!("node {index} contradicts the others"));
            }
        }
        Ok(())
    }

    fn check_order_of_ids(&self) -> Result<(), String> {
        let nodes = self.nodes.len();
        if self.by_id.len() != nodes || self.by_id.iter().any(|index| index.to_native() as usize >= nodes) {
            return Err("the table of ids does not fit the nodes".to_owned());
        }
        if !self.by_id.is_sorted_by(|a, b| self.node(a.to_native()).id < self.node(b.to_native()).id) {
            return Err("the ids are out of order".to_owned());
        }
        Ok(())
    }
}
