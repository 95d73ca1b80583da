//! What the cache costs whoever builds: a cold start, and how much of it was spent in what the artifacts themselves do.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, KeyBuilder, LoadContext, Result, Session, Storage, Suite};
use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, SparseIndex};

/// As the smoke tests' suite, but for the time that it takes.
struct Timed;

impl Suite for Timed {
    type Config = ();
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("examples/code-index/src");
}

struct Graph(DependencyGraph);
struct Index;

static SPENT: Mutex<Duration> = Mutex::new(Duration::ZERO);

fn spending<T>(work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = work();
    *SPENT.lock().unwrap() += begun.elapsed();
    result
}

impl Artifact<Timed> for Graph {
    const NAME: &'static str = "graph";

    fn build(cx: &BuildContext<'_, Timed>) -> Result<Self> {
        spending(|| Ok(Graph(GraphBuilder::new(cx.repo().path()).build()?)))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        spending(|| Ok(self.0.write_to(&dir.join("graph.bin"))?))
    }

    fn load(cx: &LoadContext<'_, Timed>) -> Result<Self> {
        #[expect(unsafe_code, reason = "as the smoke tests do")]
        // SAFETY: it was published a moment ago, and nobody changes it.
        spending(|| Ok(Graph(unsafe { DependencyGraph::map(&cx.dir().join("graph.bin")) }?)))
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
        spending(|| SparseIndex::from_graph(graph, cx.dir(), &AnalyzerConfig::default()).map(drop))?;
        Ok(Index)
    }

    fn load(cx: &LoadContext<'_, Timed>) -> Result<Self> {
        spending(|| SparseIndex::from_dir(cx.dir()).map(drop))?;
        Ok(Index)
    }
}

/// The time that was spent in the artifacts.
pub(super) fn run(repo: &str) -> Duration {
    let session = Session::<Timed>::open(repo).unwrap();
    session.get::<Graph>().unwrap();
    session.get::<Index>().unwrap();
    assert!(session.report().cache_miss());
    *SPENT.lock().unwrap()
}
