//! What the smoke tests of the code index share: how its graph and its index are built, kept and read back.
//!
//! Both types come from `code-index`, which knows nothing of cached-smoke; the local `Smoke` makes the impls ours.

use std::path::Path;

pub(crate) use cached_smoke::cached_smoke;
use cached_smoke::{Artifact, BuildContext, CodeFingerprint, KeyBuilder, LoadContext, Result, Storage, Suite};
use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, GraphBuilderConfig, SparseIndex};

const GRAPH_FILE: &str = "graph.bin";

/// The suite.
pub(crate) struct Smoke;

/// What the graph and the index are built with.
#[derive(Default, serde::Serialize)]
pub(crate) struct SmokeConfig {
    pub(crate) graph: GraphBuilderConfig,
    pub(crate) analyzer: AnalyzerConfig,
}

impl Suite for Smoke {
    type Config = SmokeConfig;
    // The sources alone: the fixtures beside them are a repository, with a fingerprint of its own. And this file, which
    // says how they are called.
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("examples/code-index/src", "tests/smoke");
}

impl Artifact<Smoke> for DependencyGraph {
    const NAME: &'static str = "graph";
    const RELOCATABLE: bool = true;

    fn key(key: &mut KeyBuilder<'_, Smoke>) {
        // Another analyzer makes another index of the same graph.
        let config = key.suite_config();
        key.config(&config.graph);
    }

    fn build(cx: &BuildContext<'_, Smoke>) -> Result<Self> {
        cx.progress().step("reading the repository");
        Ok(GraphBuilder::with_config(cx.repo().path(), cx.config().graph.clone()).build()?)
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(self.write_to(&dir.join(GRAPH_FILE))?)
    }

    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        let path = cx.dir().join(GRAPH_FILE);
        if cx.is_verified() {
            #[expect(unsafe_code, reason = "a graph that is mapped costs what is asked of it")]
            // SAFETY: its bytes were compared with those that `save` wrote, and what is in the cache is not changed.
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
