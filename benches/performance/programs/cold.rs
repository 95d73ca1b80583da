//! A cold start, with the time that is spent in the functions of the artifacts.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, KeyBuilder, LoadContext, Result, Session, Storage, Suite};
use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, SparseIndex};

/// A suite like the one of the smoke tests, which also measures time.
struct Timed;

impl Suite for Timed {
    type Config = ();
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("../examples/code-index/src");
}

struct Graph(DependencyGraph);
struct Index;

static TIME_IN_ARTIFACTS: Mutex<Duration> = Mutex::new(Duration::ZERO);

/// Adds the time of some work to [`TIME_IN_ARTIFACTS`].
fn timed<T>(work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = work();
    *TIME_IN_ARTIFACTS.lock().unwrap() += begun.elapsed();
    result
}

impl Artifact<Timed> for Graph {
    const NAME: &'static str = "graph";

    fn build(cx: &BuildContext<'_, Timed>) -> Result<Self> {
        timed(|| Ok(Graph(GraphBuilder::new(cx.repo().path()).build()?)))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        timed(|| Ok(self.0.write_to(&dir.join("graph.bin"))?))
    }

    fn load(cx: &LoadContext<'_, Timed>) -> Result<Self> {
        #[expect(unsafe_code, reason = "as the smoke tests do")]
        // SAFETY: this process has just published the file, and no process changes files in the cache.
        timed(|| Ok(Graph(unsafe { DependencyGraph::map(&cx.dir().join("graph.bin")) }?)))
    }
}

impl Artifact<Timed> for Index {
    const NAME: &'static str = "sparse_index";
    const STORAGE: Storage = Storage::Directory;

    fn key(key: &mut KeyBuilder<'_, Timed>) {
        key.needs::<Graph>();
    }

    fn build(cx: &BuildContext<'_, Timed>) -> Result<Self> {
        let graph = &cx.artifact::<Graph>()?.0;
        timed(|| SparseIndex::from_graph(graph, cx.dir(), &AnalyzerConfig::default()).map(drop))?;
        Ok(Index)
    }

    fn load(cx: &LoadContext<'_, Timed>) -> Result<Self> {
        timed(|| SparseIndex::from_dir(cx.dir()).map(drop))?;
        Ok(Index)
    }
}

/// Builds graph and index, and returns the time that was spent in their functions.
pub(super) fn run(repo: &str) -> Duration {
    let session = Session::<Timed>::open(repo).unwrap();
    session.get::<Graph>().unwrap();
    session.get::<Index>().unwrap();
    assert!(session.report().cache_miss());
    *TIME_IN_ARTIFACTS.lock().unwrap()
}
