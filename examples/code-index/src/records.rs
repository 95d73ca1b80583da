//! Numbers the nodes and collects the records of a graph.

use std::collections::HashMap;

use crate::builder::Content;
use crate::graph::{Adjacency, EdgeKind, EdgeRecord, GraphData, NO_NODE, NodeKind, NodeRecord, SkipReason};
use crate::lines::Lines;
use crate::parse::{Scope, ScopeKind};
use crate::resolve::FileFacts;
use crate::walk::parent;

const ROOT: &str = "/";

/// A collector of the records of a graph.
///
/// Files must be added in the order of [`crate::walk::Walk::files`], because nodes are numbered in the order in which
/// they are added.
pub(crate) struct Records {
    data: GraphData,
    /// The nodes of the directories, by path.
    directories: HashMap<String, u32>,
}

impl Records {
    /// Starts with the root and the skipped files.
    pub(crate) fn new(skipped: Vec<(String, SkipReason)>) -> Self {
        let mut records = Self { data: GraphData { skipped, ..GraphData::default() }, directories: HashMap::new() };
        let root = records.add(directory(ROOT, NO_NODE));
        records.directories.insert(String::new(), root);
        records
    }

    /// Adds a file, its missing directories, and its definitions.
    pub(crate) fn add_file(&mut self, path: String, content: Content) -> FileFacts {
        let parent = self.directory(parent(&path));
        let lines = content.text.as_deref().map(Lines::of);
        let (text_end, end_line) = lines.as_ref().map_or((0, 1), |lines| (lines.end(), lines.count()));
        let number = count(&self.data.nodes);
        let node = self.add(NodeRecord {
            id: path.clone(),
            kind: NodeKind::File,
            start_line: 1,
            end_line,
            parent,
            file: number,
            text: content.text.as_ref().map_or(NO_NODE, |_| count(&self.data.texts)),
            text_start: 0,
            text_end,
        });
        let nodes = match (&content.parsed, &lines) {
            (Ok(parsed), Some(lines)) => self.add_definitions(node, &path, &parsed.scopes, lines),
            _ => Vec::new(),
        };
        self.data.texts.extend(content.text);
        let parsed = content.parsed.map_err(|reason| self.data.skipped.push((path.clone(), reason))).ok();
        FileFacts { path, node, parsed, nodes }
    }

    /// Adds a node for each definition, and returns the node of each scope.
    ///
    /// As in `LocAgent`, definitions that share an id are one node: overloads, the setter of a property, the branches
    /// of an `if`. The first definition sets the number of the node, the last one its kind and lines. The children and
    /// calls of all definitions are kept.
    fn add_definitions(&mut self, file: u32, path: &str, scopes: &[Scope], lines: &Lines) -> Vec<u32> {
        let mut by_id: HashMap<String, u32> = HashMap::new();
        let mut nodes = vec![file];
        for scope in scopes.iter().skip(1) {
            if scope.hidden {
                nodes.push(NO_NODE);
                continue;
            }
            let parent = nodes[scope.parent as usize];
            let separator = if parent == file { ':' } else { '.' };
            let prefix = if parent == file { path } else { &self.data.nodes[parent as usize].id };
            let id = format!("{prefix}{separator}{}", scope.name);
            let (text_start, text_end) = lines.bytes(scope.start_line, scope.end_line);
            let record = NodeRecord {
                id: id.clone(),
                kind: if scope.kind == ScopeKind::Class { NodeKind::Class } else { NodeKind::Function },
                start_line: scope.start_line,
                end_line: scope.end_line,
                parent,
                file,
                text: NO_NODE,
                text_start,
                text_end,
            };
            if let Some(&known) = by_id.get(&id) {
                self.data.nodes[known as usize] = record;
                nodes.push(known);
            } else {
                let number = self.add(record);
                by_id.insert(id, number);
                nodes.push(number);
            }
        }
        nodes
    }

    /// Adds the contains edges to the given ones, and returns the records in their final order.
    pub(crate) fn finish(self, mut edges: Vec<EdgeRecord>) -> GraphData {
        let mut data = self.data;
        edges.extend(
            data.nodes.iter().zip(0..).filter(|(node, _)| node.parent != NO_NODE).map(|(node, target)| EdgeRecord {
                source: node.parent,
                kind: EdgeKind::Contains,
                target,
                alias: None,
            }),
        );
        edges.sort_unstable();
        edges.dedup();
        data.adjacency = Adjacency::new(data.nodes.len(), edges.iter().map(|edge| (edge.source, edge.target)));
        data.edges = edges;
        data.by_id = (0..count(&data.nodes)).collect();
        data.by_id.sort_unstable_by(|&a, &b| data.nodes[a as usize].id.cmp(&data.nodes[b as usize].id));
        data.skipped.sort_unstable();
        data
    }

    /// Returns the node of a directory, and adds it and its missing parents.
    fn directory(&mut self, path: &str) -> u32 {
        // The missing directories, innermost first. Not recursive, because a path may have thousands of parts.
        let mut missing = Vec::new();
        let mut known = path;
        while !self.directories.contains_key(known) {
            missing.push(known);
            known = parent(known);
        }
        let mut number = self.directories[known];
        for path in missing.into_iter().rev() {
            number = self.add(directory(path, number));
            self.directories.insert(path.to_owned(), number);
        }
        number
    }

    fn add(&mut self, record: NodeRecord) -> u32 {
        let number = count(&self.data.nodes);
        self.data.nodes.push(record);
        number
    }
}

fn directory(id: &str, parent: u32) -> NodeRecord {
    NodeRecord {
        id: id.to_owned(),
        kind: NodeKind::Directory,
        start_line: 0,
        end_line: 0,
        parent,
        file: NO_NODE,
        text: NO_NODE,
        text_start: 0,
        text_end: 0,
    }
}

/// Returns the number of items, which is the number of the next item. 4 billion nodes do not fit into memory.
fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(NO_NODE)
}
