//! The records of a graph, and what must hold among them.

use serde::{Deserialize, Serialize};

use super::{EdgeKind, NodeKind, SkipReason};

/// Stands for "none" where a node's or text's number is expected: a plain `u32` keeps the records flat.
pub(crate) const NO_NODE: u32 = u32::MAX;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct EdgeRecord {
    pub(crate) source: u32,
    pub(crate) kind: EdgeKind,
    pub(crate) target: u32,
    pub(crate) alias: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GraphData {
    pub(crate) nodes: Vec<NodeRecord>,
    /// In the order of `EdgeRecord`: what leaves a node lies together.
    pub(crate) edges: Vec<EdgeRecord>,
    /// The numbers of the nodes in the order of their ids, to find an id by bisection.
    pub(crate) by_id: Vec<u32>,
    pub(crate) texts: Vec<String>,
    pub(crate) skipped: Vec<(String, SkipReason)>,
}

impl GraphData {
    /// Says what is wrong with records that came from a file.
    ///
    /// Everything that a view indexes with is checked here, once, so that no later access can panic or loop.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.check_nodes()?;
        self.check_order_of_ids()?;
        let nodes = self.nodes.len();
        if self.edges.iter().any(|edge| edge.source as usize >= nodes || edge.target as usize >= nodes) {
            return Err("an edge leads out of the graph".to_owned());
        }
        if !self.edges.is_sorted() {
            return Err("the edges are out of order".to_owned());
        }
        Ok(())
    }

    fn check_nodes(&self) -> Result<(), String> {
        for (index, node) in self.nodes.iter().enumerate() {
            // A parent always has the smaller number, so that walking up ends.
            let parent_fits = if node.parent == NO_NODE { index == 0 } else { (node.parent as usize) < index };
            let file_fits = match node.kind {
                NodeKind::Directory => node.file == NO_NODE && node.text == NO_NODE,
                NodeKind::File => node.file as usize == index,
                NodeKind::Class | NodeKind::Function => {
                    (node.file as usize) < index && self.nodes[node.file as usize].kind == NodeKind::File
                }
            };
            let text_fits = self
                .file_text(node)
                .is_none_or(|text| text.get(node.text_start as usize..node.text_end as usize).is_some());
            if !(parent_fits && file_fits && text_fits) {
                return Err(format!("node {index} contradicts the others"));
            }
        }
        Ok(())
    }

    fn file_text(&self, node: &NodeRecord) -> Option<&String> {
        let file = self.nodes.get(node.file as usize)?;
        self.texts.get(file.text as usize)
    }

    fn check_order_of_ids(&self) -> Result<(), String> {
        if self.by_id.len() != self.nodes.len() || self.by_id.iter().any(|&index| index as usize >= self.nodes.len()) {
            return Err("the table of ids does not fit the nodes".to_owned());
        }
        if !self.by_id.is_sorted_by(|&a, &b| self.nodes[a as usize].id < self.nodes[b as usize].id) {
            return Err("the ids are out of order".to_owned());
        }
        Ok(())
    }
}
