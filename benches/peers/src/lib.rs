//! The fixture that all peers have: the graph and the index of one repository.

use std::path::{Path, PathBuf};

use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, SparseIndex};
use serde::{Deserialize, Serialize};

/// The repository.
///
/// # Panics
/// `PEERS_REPO` is not set.
pub fn repo() -> PathBuf {
    std::env::var_os("PEERS_REPO").expect("PEERS_REPO names a repository").into()
}

/// Where a peer may keep what it likes.
///
/// # Panics
/// `PEERS_FILES` is not set.
pub fn files(peer: &str) -> PathBuf {
    Path::new(&std::env::var_os("PEERS_FILES").expect("PEERS_FILES names a directory")).join(peer)
}

/// Builds both; the index in a directory of its own.
///
/// # Errors
/// The repository cannot be read, or the directory not be written.
pub fn build(directory: &Path) -> Result<(DependencyGraph, SparseIndex), code_index::Error> {
    let graph = GraphBuilder::new(repo()).build()?;
    let index = SparseIndex::from_graph(&graph, directory, &AnalyzerConfig::default())?;
    Ok((graph, index))
}

/// What each test asks.
///
/// # Panics
/// It is not answered.
pub fn ask(graph: &DependencyGraph, index: &SparseIndex) {
    let node = graph.node("django/db/models/query.py:QuerySet").expect("QuerySet is in the graph");
    assert!(node.children().count() > 0);
    find(index);
}

/// What each test asks the index.
///
/// # Panics
/// It is not answered.
pub fn find(index: &SparseIndex) {
    let hits = index.search("django/db/models/query.py:QuerySet", 1, &[]).expect("an answer");
    assert_eq!(hits[0].id, "django/db/models/query.py:QuerySet");
}

/// A graph as serde would have it, for stores that keep what can be serialized.
#[derive(Clone, Serialize, Deserialize)]
pub struct PlainGraph {
    /// Ids, in the order of their numbers.
    pub ids: Vec<String>,
    /// The texts of files.
    pub texts: Vec<Option<String>>,
    /// Source, kind and target.
    pub edges: Vec<(u32, u8, u32)>,
}

impl PlainGraph {
    /// Of a graph.
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

    /// What each test asks the graph.
    ///
    /// # Panics
    /// It is not answered.
    pub fn ask(&self) {
        let node =
            self.ids.iter().position(|id| id == "django/db/models/query.py:QuerySet").expect("QuerySet is there");
        assert!(self.edges.iter().any(|edge| edge.0 as usize == node));
    }
}
