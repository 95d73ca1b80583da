//! Measures the pieces of a hit in one process, without the start of a process.
//!
//! ```text
//! cargo bench --bench pieces [-- PART OF A NAME]
//! ```
//!
//! The repository is the small Python project of `examples/code-index`, so nothing must be fetched.
#![expect(clippy::unwrap_used, reason = "an error ends the benchmark")]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Session, Storage, Suite};
use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, SparseIndex};
use criterion::{BenchmarkId, Criterion};

/// The environment variable with the working directory. It is set in the process that measures.
const DIRECTORY: &str = "PIECES_DIRECTORY";
const MEGABYTES: [u64; 3] = [1, 10, 100];

struct Pieces;

/// The configuration of the suite, with up to as many settings as users write by hand.
#[derive(Clone, Default, serde::Serialize)]
struct Settings {
    bytes: u64,
    weights: std::collections::HashMap<String, f64>,
}

impl Suite for Pieces {
    type Config = Settings;
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("pieces.rs");
}

/// An artifact of one file, which is never read.
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
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        let mut criterion = Criterion::default().configure_from_args();
        session(&mut criterion);
        graph_and_index(&mut criterion, &PathBuf::from(directory));
        criterion.final_summary();
        return ExitCode::SUCCESS;
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` runs benchmarks without `--bench`.
        eprintln!("not a test; run `cargo bench --bench pieces`");
        return ExitCode::SUCCESS;
    }
    // A process reads the environment once, at its start, so the measuring process is a child of this one.
    let directory = tempfile::tempdir().unwrap();
    let repo = directory.path().join("bookshop");
    fs::create_dir(&repo).unwrap();
    fs::write(repo.join("file"), "content").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SMOKE_")) {
        command.env_remove(name);
    }
    let command = command.args(std::env::args().skip(1)).env(DIRECTORY, directory.path());
    let command = command.env("SMOKE_CACHE_DIR", directory.path().join("cache")).env("SMOKE_REPO_PATHS", &repo);
    let mut child = command.env("SMOKE_RUN_ID", "pieces").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(std::result::Result::ok);
    // Each iteration is a test and prints a line, which is dropped.
    for line in lines.filter(|line| !line.starts_with("[smoke-cache]")) {
        println!("{line}");
    }
    ExitCode::from(u8::from(!child.wait().unwrap().success()))
}

/// Measures a further test of one process, including its record. The test computes its own key; the process already has
/// the artifact.
fn session(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("session");
    group.bench_function("open, and write the record", |bencher| {
        bencher.iter(|| Session::<Pieces>::open("bookshop").unwrap());
    });
    for megabytes in MEGABYTES {
        let config = Settings { bytes: megabytes * 1_000_000, ..Settings::default() };
        group.bench_function(
            BenchmarkId::new("get in a second test of the process, megabytes", megabytes),
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
            BenchmarkId::new("get in a second test of the process, settings in the key", settings),
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

/// Measures the load functions and the queries of the smoke tests' artifacts.
fn graph_and_index(criterion: &mut Criterion, directory: &Path) {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/code-index/fixtures/bookshop");
    let graph = GraphBuilder::new(python).build().unwrap();
    let (graph_file, index) = (directory.join("graph.bin"), directory.join("index"));
    graph.write_to(&graph_file).unwrap();
    SparseIndex::from_graph(&graph, &index, &AnalyzerConfig::default()).unwrap();

    let mut group = criterion.benchmark_group("graph");
    group.bench_function("read and check", |bencher| {
        bencher.iter(|| DependencyGraph::read_from(&graph_file).unwrap());
    });
    group.bench_function("map without a check", |bencher| {
        #[expect(unsafe_code, reason = "a hit maps the graph")]
        // SAFETY: this process has just written the file, and no other process uses the directory.
        bencher.iter(|| unsafe { DependencyGraph::map(&graph_file) }.unwrap());
    });
    group.finish();
    let mut group = criterion.benchmark_group("index");
    group.bench_function("open in place", |bencher| bencher.iter(|| SparseIndex::from_dir(&index).unwrap()));
    let opened = SparseIndex::from_dir(&index).unwrap();
    for query in ["Book", "total price of an order"] {
        group.bench_function(BenchmarkId::new("search", query), |bencher| {
            bencher.iter(|| opened.search(query, 10, &[]).unwrap());
        });
    }
    group.finish();
}
