//! The fixture of all peers: the graph and the index of one repository.

use std::path::{Path, PathBuf};

use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, SparseIndex};
use serde::{Deserialize, Serialize};

/// Returns the path of the repository.
///
/// # Panics
/// If `PEERS_REPO` is not set.
pub fn repo() -> PathBuf {
    std::env::var_os("PEERS_REPO").expect("PEERS_REPO names a repository").into()
}

/// Returns the directory for the files of a peer.
///
/// # Panics
/// If `PEERS_FILES` is not set.
pub fn files(peer: &str) -> PathBuf {
    Path::new(&std::env::var_os("PEERS_FILES").expect("PEERS_FILES names a directory")).join(peer)
}

/// Builds graph and index, the index in its own directory.
///
/// # Errors
/// If the repository cannot be read, or the directory cannot be written.
pub fn build(directory: &Path) -> Result<(DependencyGraph, SparseIndex), code_index::Error> {
    let graph = GraphBuilder::new(repo()).build()?;
    let index = SparseIndex::from_graph(&graph, directory, &AnalyzerConfig::default())?;
    Ok((graph, index))
}

/// Queries graph and index, as each test does.
///
/// # Panics
/// If a result is wrong.
pub fn ask(graph: &DependencyGraph, index: &SparseIndex) {
    let node = graph.node("django/db/models/query.py:QuerySet").expect("QuerySet is in the graph");
    assert!(node.children().count() > 0);
    find(index);
}

/// Queries the index.
///
/// # Panics
/// If the result is wrong.
pub fn find(index: &SparseIndex) {
    let hits = index.search("django/db/models/query.py:QuerySet", 1, &[]).expect("the index can be searched");
    assert_eq!(hits[0].id, "django/db/models/query.py:QuerySet");
}

/// A graph in the form that serde serializes, for stores of serializable values.
#[derive(Clone, Serialize, Deserialize)]
pub struct PlainGraph {
    /// The ids of the nodes, in the order of their numbers.
    pub ids: Vec<String>,
    /// The texts of the files, in the order of the nodes.
    pub texts: Vec<Option<String>>,
    /// The source, kind and target of each edge.
    pub edges: Vec<(u32, u8, u32)>,
}

impl PlainGraph {
    /// Converts a graph.
    pub fn of(graph: &DependencyGraph) -> PlainGraph {
        let number = |node: code_index::Node<'_>| u32::try_from(node.number().index()).unwrap_or(u32::MAX);
        PlainGraph {
            ids: graph.nodes().map(|node| node.id().to_owned()).collect(),
            texts: graph
                .nodes()
                .map(|node| {
                    (node.kind() == code_index::NodeKind::File).then(|| node.source().map(str::to_owned)).flatten()
                })
                .collect(),
            edges: graph
                .edges()
                .map(|edge| (number(edge.source()), edge.kind() as u8, number(edge.target())))
                .collect(),
        }
    }

    /// Queries the graph.
    ///
    /// # Panics
    /// If the result is wrong.
    pub fn ask(&self) {
        let node = self
            .ids
            .iter()
            .position(|id| id == "django/db/models/query.py:QuerySet")
            .expect("QuerySet is in the graph");
        assert!(self.edges.iter().any(|edge| edge.0 as usize == node));
    }
}
