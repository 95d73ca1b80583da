//! The fixture with cached-smoke.

use std::path::Path;

use cached_smoke::{
    Artifact, BuildContext, CodeFingerprint, KeyBuilder, LoadContext, Result, Storage, Suite, cached_smoke,
};
use cached_smoke_peers::ask;
use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, SparseIndex};

struct Peers;

impl Suite for Peers {
    type Config = ();
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("tests");
}

impl Artifact<Peers> for DependencyGraph {
    const NAME: &'static str = "graph";

    fn build(cx: &BuildContext<'_, Peers>) -> Result<Self> {
        Ok(GraphBuilder::new(cx.repo().path()).build()?)
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(self.write_to(&dir.join("graph"))?)
    }

    fn load(cx: &LoadContext<'_, Peers>) -> Result<Self> {
        let path = cx.dir().join("graph");
        // SAFETY: a verified file has the bytes that `save` wrote, and no process changes files in the cache.
        if cx.is_verified() {
            Ok(unsafe { DependencyGraph::map(&path) }?)
        } else {
            Ok(DependencyGraph::read_from(&path)?)
        }
    }
}

impl Artifact<Peers> for SparseIndex {
    const NAME: &'static str = "index";
    const STORAGE: Storage = Storage::Directory;

    fn key(key: &mut KeyBuilder<'_, Peers>) {
        key.needs::<DependencyGraph>();
    }

    fn build(cx: &BuildContext<'_, Peers>) -> Result<Self> {
        Ok(SparseIndex::from_graph(cx.artifact::<DependencyGraph>()?, cx.dir(), &AnalyzerConfig::default())?)
    }

    fn load(cx: &LoadContext<'_, Peers>) -> Result<Self> {
        Ok(SparseIndex::from_dir(cx.dir())?)
    }
}

#[cached_smoke(repo = "django")]
fn t0(graph: &DependencyGraph, index: &SparseIndex) {
    ask(graph, index);
}

#[cached_smoke(repo = "django")]
fn t1(graph: &DependencyGraph, index: &SparseIndex) {
    ask(graph, index);
}

#[cached_smoke(repo = "django")]
fn t2(graph: &DependencyGraph, index: &SparseIndex) {
    ask(graph, index);
}

#[cached_smoke(repo = "django")]
fn t3(graph: &DependencyGraph, index: &SparseIndex) {
    ask(graph, index);
}

#[cached_smoke(repo = "django")]
fn t4(graph: &DependencyGraph, index: &SparseIndex) {
    ask(graph, index);
}

#[cached_smoke(repo = "django")]
fn t5(graph: &DependencyGraph, index: &SparseIndex) {
    ask(graph, index);
}

#[cached_smoke(repo = "django")]
fn t6(graph: &DependencyGraph, index: &SparseIndex) {
    ask(graph, index);
}

#[cached_smoke(repo = "django")]
fn t7(graph: &DependencyGraph, index: &SparseIndex) {
    ask(graph, index);
}

#[cached_smoke(repo = "django")]
fn t8(graph: &DependencyGraph, index: &SparseIndex) {
    ask(graph, index);
}

#[cached_smoke(repo = "django")]
fn t9(graph: &DependencyGraph, index: &SparseIndex) {
    ask(graph, index);
}
