// The suite and the two artifacts behind the examples of the documentation.

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, KeyBuilder, LoadContext, Result, Suite, code_fingerprint};

pub struct Smoke;

#[derive(Default, serde::Serialize)]
pub struct SmokeConfig {
    pub stemming: bool,
    pub stop_words: bool,
}

impl Suite for Smoke {
    type Config = SmokeConfig;
    const CODE: CodeFingerprint = code_fingerprint!("src");
}

pub struct DependencyGraph {
    pub nodes: Vec<String>,
}

impl DependencyGraph {
    pub fn of(_repository: &str) -> Self {
        DependencyGraph { nodes: Vec::new() }
    }

    pub fn contains(&self, name: &str) -> bool {
        self.nodes.iter().any(|node| node == name)
    }
}

impl Artifact<Smoke> for DependencyGraph {
    const NAME: &'static str = "graph";
    fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> {
        Ok(DependencyGraph { nodes: Vec::new() })
    }
    fn load(_: &LoadContext<'_, Smoke>) -> Result<Self> {
        Ok(DependencyGraph { nodes: Vec::new() })
    }
}

pub struct SparseIndex;

impl SparseIndex {
    pub fn of(_: &DependencyGraph) -> Self {
        SparseIndex
    }

    pub fn search(&self, _words: &str) -> Vec<String> {
        Vec::new()
    }
}

impl Artifact<Smoke> for SparseIndex {
    const NAME: &'static str = "sparse_index";
    fn key(key: &mut KeyBuilder<'_, Smoke>) {
        key.needs::<DependencyGraph>();
    }
    fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> {
        Ok(SparseIndex)
    }
    fn load(_: &LoadContext<'_, Smoke>) -> Result<Self> {
        Ok(SparseIndex)
    }
}
