//! A test's way through cached-smoke; and what it spares, the build itself.

use std::fs;
use std::path::Path;

use cached_smoke::Session;
use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, SparseIndex};

use super::ask;
use crate::smoke::Smoke;

/// What a test with the parameters `&DependencyGraph` and `&SparseIndex` does before and after its body, its report included.
pub(super) fn run(repo: &str) {
    let session = Session::<Smoke>::open(repo).unwrap();
    ask(session.get::<DependencyGraph>().unwrap(), session.get::<SparseIndex>().unwrap());
}

/// Builds both, and nothing else: no key, no store.
pub(super) fn build(repo: &str, files: &Path) {
    let repo = Session::<Smoke>::open(repo).unwrap().repo().path().to_owned();
    let graph = GraphBuilder::new(repo).build().unwrap();
    let directory = files.join("build");
    let _ = fs::remove_dir_all(&directory);
    ask(&graph, &SparseIndex::from_graph(&graph, &directory, &AnalyzerConfig::default()).unwrap());
}
