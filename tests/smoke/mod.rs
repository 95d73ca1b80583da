//! The suite of the smoke tests of the code index: how its graph and its index are built, stored and loaded.
//!
//! Both types come from `code-index`, which does not depend on cached-smoke. The impls are possible here, because
//! `Smoke` is local.

use std::path::Path;

pub(crate) use cached_smoke::cached_smoke;
use cached_smoke::{Artifact, BuildContext, CodeFingerprint, KeyBuilder, LoadContext, Result, Storage, Suite};
use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, GraphBuilderConfig, SparseIndex};

const GRAPH_FILE: &str = "graph.bin";

/// The suite.
pub(crate) struct Smoke;

/// The configuration of the graph and of the index.
#[derive(Default, serde::Serialize)]
pub(crate) struct SmokeConfig {
    pub(crate) graph: GraphBuilderConfig,
    pub(crate) analyzer: AnalyzerConfig,
}

impl Suite for Smoke {
    type Config = SmokeConfig;
    // The sources of the index, without the fixtures beside them: those are a repository, with its own fingerprint. And
    // this file, which calls the sources. Relative to `tests`, and also to `benches`, which compiles this file as well.
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("../examples/code-index/src", "../tests/smoke");
}

impl Artifact<Smoke> for DependencyGraph {
    const NAME: &'static str = "graph";
    const RELOCATABLE: bool = true;

    fn key(key: &mut KeyBuilder<'_, Smoke>) {
        // Not the analyzer: another analyzer builds another index of the same graph.
        let config = key.suite_config();
        key.config(&config.graph);
    }

    fn build(cx: &BuildContext<'_, Smoke>) -> Result<Self> {
        cx.progress().step("reading the repository");
        let graph = GraphBuilder::with_config(cx.repo().path(), cx.config().graph.clone()).build()?;
        cx.metric("nodes", graph.nodes().len());
        cx.metric("edges", graph.edges().len());
        Ok(graph)
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(self.write_to(&dir.join(GRAPH_FILE))?)
    }

    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        let path = cx.dir().join(GRAPH_FILE);
        if cx.is_verified() {
            #[expect(unsafe_code, reason = "a mapped graph reads only what a query needs")]
            // SAFETY: the bytes were compared with those that `save` wrote, and stored files do not change.
            return Ok(unsafe { DependencyGraph::map(&path) }?);
        }
        Ok(DependencyGraph::read_from(&path)?)
    }
}

impl Artifact<Smoke> for SparseIndex {
    const NAME: &'static str = "sparse_index";
    const STORAGE: Storage = Storage::Directory;
    const RELOCATABLE: bool = true;

    fn key(key: &mut KeyBuilder<'_, Smoke>) {
        let config = key.suite_config();
        key.config(&config.analyzer).needs::<DependencyGraph>();
    }

    fn build(cx: &BuildContext<'_, Smoke>) -> Result<Self> {
        cx.progress().step("indexing the graph");
        Ok(SparseIndex::from_graph(cx.artifact::<DependencyGraph>()?, cx.dir(), &cx.config().analyzer)?)
    }

    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        Ok(SparseIndex::from_dir(cx.dir())?)
    }
}
