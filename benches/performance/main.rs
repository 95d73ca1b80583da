//! What a hit costs, beside the least that it could cost and beside the plan that this project began with, all in one run.
//!
//! ```text
//! cargo bench --bench performance [-- ROUNDS]
//! ```
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

mod programs;
mod samples;
#[path = "../../tests/smoke/mod.rs"]
mod smoke;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cached_smoke::tooling::{Config, stored};
use code_index::DependencyGraph;

use programs::{Memo, PlanCache};
use samples::{Program, median};

fn main() -> ExitCode {
    if let Ok(program) = std::env::var(programs::PROGRAM) {
        return programs::run(&program);
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        eprintln!("a benchmark: cargo bench --bench performance");
        return ExitCode::SUCCESS;
    }
    let rounds = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(40);
    let config = Config::for_directory(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let django = config.repo("django").unwrap().path.clone();
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("performance");
    std::fs::create_dir_all(&place).unwrap();
    let cache = place.join("cache");
    let run = format!("bench-{}", std::process::id());
    let hit = Program::new("hit").set("SMOKE_CACHE_DIR", &cache).set(programs::REPO, "django").set("SMOKE_RUN_ID", &run);
    let hit = hit.set("SMOKE_REPO_PATHS", django.parent().unwrap().join("django"));
    let hit = hit.set("SMOKE_REPO_PATHS", "");
    std::fs::create_dir_all(&cache).unwrap();
    let link = place.join("django");
    let _ = std::os::unix::fs::symlink(&django, &link);
    let hit = hit.set("SMOKE_REPO_PATHS", &link);
    println!("first: {:?}", hit.run());
    // SAFETY: no other thread yet.
    let config = {
        #[expect(unsafe_code, reason = "one thread")]
        unsafe {
            std::env::set_var("SMOKE_CACHE_DIR", &cache);
        }
        Config::for_directory(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let entry = |artifact: &str| {
        stored(&config).unwrap().into_iter().filter(|s| s.artifact == artifact).max_by_key(|s| s.last_used).unwrap().entry
    };
    let graph = cache.join(".unpacked/django").join(entry("graph")).join("graph/graph.bin");
    let index = cache.join("django").join(entry("sparse_index")).join("sparse_index");
    Memo { revision: "x", graph: &graph, index: &index }.write(&place);
    let owned = DependencyGraph::read_from(&graph).unwrap();
    PlanCache { repo: &django, graph: &owned, index: &index }.write(&place);
    println!("known: {}", programs::list_known(&django, &place));
    let with_files = |name: &'static str| Program::new(name).set(programs::FILES, &place).set(programs::REPO, "django");
    let all = [
        with_files("nothing"),
        with_files("floor"),
        hit.clone(),
        hit.set("SMOKE_STRICT", "1"),
        with_files("scan"),
        with_files("plan"),
    ];
    let mut samples = vec![Vec::new(); all.len()];
    for _ in 0..rounds {
        for (program, samples) in all.iter().zip(&mut samples) {
            samples.push(program.run());
        }
    }
    for (program, samples) in all.iter().zip(&samples) {
        println!(
            "{:10} {:9.3} ms inside, {:9.3} ms whole, {:6} kB",
            program.name(),
            median(samples, |s| s.inside) * 1e3,
            median(samples, |s| s.whole) * 1e3,
            samples.iter().map(|s| s.anonymous).max().unwrap()
        );
    }
    ExitCode::SUCCESS
}
