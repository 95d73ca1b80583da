//! The measured programs. Each runs in its own process, and prints its time between the start of `main` and its answer.

mod cold;
mod fleet;
mod floor;
mod hit;
mod plan;
mod restore;
mod scan;
mod sized;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use code_index::{DependencyGraph, EdgeKind, SparseIndex};

pub(crate) use floor::Memo;
pub(crate) use plan::PlanCache;
pub(crate) use scan::list_known;

/// The environment variable with the name of the program.
pub(crate) const PROGRAM: &str = "PERFORMANCE_PROGRAM";
/// The environment variable with the directory of the program's files.
pub(crate) const FILES: &str = "PERFORMANCE_FILES";
/// The environment variable with the name of the repository.
pub(crate) const REPO: &str = "PERFORMANCE_REPO";
/// The environment variable with the size of the artifact in bytes.
pub(crate) const BYTES: &str = "PERFORMANCE_BYTES";

/// The prefix of a fleet machine's output line, which has the number of artifacts that it built and of bytes that it
/// fetched.
pub(crate) const BUILT: &str = "built: ";

/// The prefix of a program's answer.
///
/// It has the seconds of the program, the seconds in the functions of the artifacts if the program measures them, and
/// the kilobytes of memory that is not mapped from files.
pub(crate) const ANSWER: &str = "answer:";

/// Runs a program, and prints its answer.
pub(crate) fn run(program: &str) -> ExitCode {
    let files = || PathBuf::from(std::env::var_os(FILES).unwrap());
    let repo = || std::env::var(REPO).unwrap();
    let bytes = || std::env::var(BYTES).unwrap().parse().unwrap();
    let begun = Instant::now();
    let mut in_artifacts = Duration::ZERO;
    match program {
        "nothing" => {}
        "hit" => hit::run(&repo()),
        "cold" => in_artifacts = cold::run(&repo()),
        "fleet" => fleet::run(&repo()),
        "floor" => floor::run(&files()),
        "plan" => plan::run(&files()),
        "scan" => scan::run(&files()),
        "digest-and-unpack" => restore::run(&files()),
        "sized" => sized::run(&repo(), bytes()),
        "copy-sized" => sized::copy(&files(), bytes()),
        "thousand" => sized::thousand(&repo()),
        other => panic!("unknown program {other}"),
    }
    let inside = begun.elapsed();
    println!("{ANSWER} {} {} {}", inside.as_secs_f64(), in_artifacts.as_secs_f64(), anonymous_kilobytes());
    ExitCode::SUCCESS
}

/// Asks graph and index for the methods of `QuerySet` and for the node of that name.
///
/// The questions take little time, so they hide little of the rest, and they take the same time in a larger repository.
fn ask(graph: &DependencyGraph, index: &SparseIndex) {
    let (set, id) = QUERY_SETS.iter().find_map(|id| Some((graph.node(id)?, id))).unwrap();
    assert!(graph.outgoing(set, EdgeKind::Contains).count() > 0);
    find(index, id);
}

/// The id of `QuerySet` in Django, and in the first copy of Django in the larger repository.
const QUERY_SETS: [&str; 2] = ["django/db/models/query.py:QuerySet", "part0/django/db/models/query.py:QuerySet"];

fn find(index: &SparseIndex, id: &str) {
    let hits = index.search(id, 1, &[]).unwrap();
    assert_eq!(hits[0].id, id);
}

/// Returns the resident memory that is not mapped from files, in kilobytes; 0 if the system does not report it.
fn anonymous_kilobytes() -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
