//! The pieces of a hit, one by one, in one process: what stays when starting a process is left aside.
//!
//! ```text
//! cargo bench --bench pieces [-- PART OF A NAME]
//! ```
//!
//! The subject is this repository's small Python project, so that nothing need be fetched.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Session, Storage, Suite};
use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, SparseIndex};
use criterion::{BenchmarkId, Criterion};

/// Names the directory for what is made, in the process that measures.
const PLACE: &str = "PIECES_PLACE";
const MEGABYTES: [u64; 3] = [1, 10, 100];

struct Pieces;

/// As large as settings become that people write by hand.
#[derive(Clone, Default, serde::Serialize)]
struct Settings {
    bytes: u64,
    weights: std::collections::HashMap<String, f64>,
}

impl Suite for Pieces {
    type Config = Settings;
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("benches");
}

/// A file that is not looked into.
struct Blob;

impl Artifact<Pieces> for Blob {
    const NAME: &'static str = "blob";
    const STORAGE: Storage = Storage::Directory;

    fn build(cx: &BuildContext<'_, Pieces>) -> Result<Self> {
        File::create(cx.dir().join("blob"))?.set_len(cx.config().bytes)?;
        Ok(Blob)
    }

    fn load(_: &LoadContext<'_, Pieces>) -> Result<Self> {
        Ok(Blob)
    }
}

fn main() -> ExitCode {
    if let Some(place) = std::env::var_os(PLACE) {
        let mut criterion = Criterion::default().configure_from_args();
        session(&mut criterion);
        graph_and_index(&mut criterion, &PathBuf::from(place));
        criterion.final_summary();
        return ExitCode::SUCCESS;
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        eprintln!("a benchmark: cargo bench --bench pieces");
        return ExitCode::SUCCESS;
    }
    // Settings are read once a process, and before anything else.
    let place = tempfile::tempdir().unwrap();
    let repo = place.path().join("bookshop");
    fs::create_dir(&repo).unwrap();
    fs::write(repo.join("file"), "content").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SMOKE_")) {
        command.env_remove(name);
    }
    let command = command.args(std::env::args().skip(1)).env(PLACE, place.path());
    let command = command.env("SMOKE_CACHE_DIR", place.path().join("cache")).env("SMOKE_REPO_PATHS", &repo);
    let mut child = command.env("SMOKE_RUN_ID", "pieces").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(std::result::Result::ok);
    // Each iteration is a test, and says so.
    for line in lines.filter(|line| !line.starts_with("[smoke-cache]")) {
        println!("{line}");
    }
    ExitCode::from(u8::from(!child.wait().unwrap().success()))
}

/// What a further test of one process pays before and after its body, its record included: a key of its own, and what the process has
/// already.
fn session(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("session");
    group.bench_function("opened, and its record written", |bencher| {
        bencher.iter(|| Session::<Pieces>::open("bookshop").unwrap());
    });
    for megabytes in MEGABYTES {
        let config = Settings { bytes: megabytes * 1_000_000, ..Settings::default() };
        group.bench_function(
            BenchmarkId::new("had by a second test of the process, megabytes", megabytes),
            |bencher| {
                bencher.iter(|| {
                    let session = Session::<Pieces>::with_config("bookshop", config.clone()).unwrap();
                    black_box(session.get::<Blob>().unwrap());
                });
            },
        );
    }
    for settings in [10, 100, 1000] {
        let weights = (0..settings).map(|number| (format!("weight{number}"), f64::from(number) / 7.0)).collect();
        let config = Settings { bytes: 8, weights };
        group.bench_function(
            BenchmarkId::new("had by a second test of the process, settings in its key", settings),
            |bencher| {
                bencher.iter(|| {
                    let session = Session::<Pieces>::with_config("bookshop", config.clone()).unwrap();
                    black_box(session.get::<Blob>().unwrap());
                });
            },
        );
    }
    group.finish();
}

/// What the artifacts of this repository's smoke tests pay in their own functions.
fn graph_and_index(criterion: &mut Criterion, place: &Path) {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/code-index/fixtures/bookshop");
    let graph = GraphBuilder::new(python).build().unwrap();
    let (graph_file, index) = (place.join("graph.bin"), place.join("index"));
    graph.write_to(&graph_file).unwrap();
    SparseIndex::from_graph(&graph, &index, &AnalyzerConfig::default()).unwrap();

    let mut group = criterion.benchmark_group("graph");
    group.bench_function("read, every byte checked", |bencher| {
        bencher.iter(|| DependencyGraph::read_from(&graph_file).unwrap());
    });
    group.bench_function("mapped, believed", |bencher| {
        #[expect(unsafe_code, reason = "as a hit does")]
        // SAFETY: it was written a moment ago, and nobody changes it.
        bencher.iter(|| unsafe { DependencyGraph::map(&graph_file) }.unwrap());
    });
    group.finish();
    let mut group = criterion.benchmark_group("index");
    group.bench_function("opened where it lies", |bencher| bencher.iter(|| SparseIndex::from_dir(&index).unwrap()));
    let opened = SparseIndex::from_dir(&index).unwrap();
    for query in ["Book", "total price of an order"] {
        group.bench_function(BenchmarkId::new("searched", query), |bencher| {
            bencher.iter(|| opened.search(query, 10, &[]).unwrap());
        });
    }
    group.finish();
}
