//! The suites and the code of their artifacts, which a project writes once. The artifacts' types are in another crate.

use std::fs;
use std::path::Path;

pub(crate) use cached_smoke::cached_smoke;
use cached_smoke::{
    Artifact, BuildContext, CodeFingerprint, KeyBuilder, LoadContext, Result, Storage, Suite, code_fingerprint,
};
use project::{Counted, Graph, Index};

pub(crate) struct Smoke;

#[derive(Clone, Default, serde::Serialize)]
pub(crate) struct Config {
    pub(crate) added: usize,
}

impl Suite for Smoke {
    type Config = Config;
    const CODE: CodeFingerprint = code_fingerprint!("src", "tests");
}

impl Artifact<Smoke> for Graph {
    const NAME: &'static str = "graph";
    fn key(key: &mut KeyBuilder<'_, Smoke>) {
        assert!(!project::is_ordered("PANIC_IN_KEY", "graph"), "told to panic");
        let config = key.suite_config();
        key.config(config);
    }
    fn build(cx: &BuildContext<'_, Smoke>) -> Result<Self> {
        assert!(!project::is_ordered("PANIC", "graph"), "told to panic");
        if project::is_ordered("FAIL", "graph") {
            return Err("told to fail".into());
        }
        // A hook may start a runtime, even if the test runs in one.
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let names = runtime.block_on(async { project::names(cx.repo().path()) })?;
        Ok(Graph { names })
    }
    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("names"), self.names.join("\n"))?)
    }
    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        let names = fs::read_to_string(cx.dir().join("names"))?;
        Ok(Graph { names: names.lines().map(str::to_owned).collect() })
    }
}

impl Artifact<Smoke> for Index {
    const NAME: &'static str = "index";
    const STORAGE: Storage = Storage::Directory;
    fn key(key: &mut KeyBuilder<'_, Smoke>) {
        key.needs::<Graph>();
    }
    fn build(cx: &BuildContext<'_, Smoke>) -> Result<Self> {
        let count = cx.artifact::<Graph>()?.names.len() + cx.config().added;
        fs::write(cx.dir().join("count"), count.to_string())?;
        Ok(Index(count))
    }
    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        Ok(Index(fs::read_to_string(cx.dir().join("count"))?.parse()?))
    }
}

impl Artifact<Smoke> for Counted<Vec<u8>> {
    const NAME: &'static str = "counted";
    fn key(key: &mut KeyBuilder<'_, Smoke>) {
        key.needs::<Graph>();
    }
    fn build(cx: &BuildContext<'_, Smoke>) -> Result<Self> {
        fs::write(cx.dir().join("count"), cx.artifact::<Graph>()?.names.len().to_string())?;
        Self::load_count(cx.dir())
    }
    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        Self::load_count(cx.dir())
    }
}

trait LoadCount: Sized {
    fn load_count(dir: &Path) -> Result<Self>;
}

impl LoadCount for Counted<Vec<u8>> {
    fn load_count(dir: &Path) -> Result<Self> {
        Ok(Counted(fs::read_to_string(dir.join("count"))?.parse()?, std::marker::PhantomData))
    }
}

/// A second suite in the same binary, with a type of the first.
pub(crate) struct Other;

impl Suite for Other {
    type Config = ();
    const CODE: CodeFingerprint = code_fingerprint!("src");
}

impl Artifact<Other> for Counted<Vec<u8>> {
    const NAME: &'static str = "counted";
    fn build(cx: &BuildContext<'_, Other>) -> Result<Self> {
        assert!(!project::is_ordered("PANIC", "graph") && !project::is_ordered("PANIC_IN_KEY", "graph"));
        if project::is_ordered("FAIL", "graph") {
            return Err("told to fail".into());
        }
        fs::write(cx.dir().join("count"), "1000")?;
        Self::load_count(cx.dir())
    }
    fn load(cx: &LoadContext<'_, Other>) -> Result<Self> {
        Self::load_count(cx.dir())
    }
}

/// For `crate = …`.
pub(crate) mod reexported {
    pub(crate) use cached_smoke::*;
}
