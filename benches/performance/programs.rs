//! The programs that are measured, each in a process of its own: what it is called, and what it does between the start of
//! `main` and its answer.

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

/// Names the program that a process is to be.
pub(crate) const PROGRAM: &str = "PERFORMANCE_PROGRAM";
/// Where its own files are.
pub(crate) const FILES: &str = "PERFORMANCE_FILES";
/// The repository that it is about.
pub(crate) const REPO: &str = "PERFORMANCE_REPO";

/// How large its artifact is to be.
pub(crate) const BYTES: &str = "PERFORMANCE_BYTES";

/// What the line of a machine of a fleet begins with: how many artifacts it built, and how many bytes it fetched.
pub(crate) const BUILT: &str = "built: ";

/// What a program's answer begins with. Seconds follow, of them seconds in the artifacts' own functions where that is told, and kilobytes of
/// memory that is no file's.
pub(crate) const ANSWER: &str = "answer:";

/// Runs the program that this process is to be, and tells how long it took.
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
        other => panic!("no program is called {other}"),
    }
    let inside = begun.elapsed();
    println!("{ANSWER} {} {} {}", inside.as_secs_f64(), in_artifacts.as_secs_f64(), anonymous_kilobytes());
    ExitCode::SUCCESS
}

/// The question that each program asks of graph and index: one that takes little time, so that it hides little, and as much on a larger
/// repository: how many methods `QuerySet` has, and which node is called so.
fn ask(graph: &DependencyGraph, index: &SparseIndex) {
    let (set, id) = QUERY_SETS.iter().find_map(|id| Some((graph.node(id)?, id))).unwrap();
    assert!(graph.outgoing(set, EdgeKind::Contains).count() > 0);
    find(index, id);
}

/// In Django; and in the first of its copies in the larger repository.
const QUERY_SETS: [&str; 2] = ["django/db/models/query.py:QuerySet", "part0/django/db/models/query.py:QuerySet"];

fn find(index: &SparseIndex, id: &str) {
    let hits = index.search(id, 1, &[]).unwrap();
    assert_eq!(hits[0].id, id);
}

/// Resident memory that is not mapped from a file, in kilobytes; 0 where the system does not tell.
fn anonymous_kilobytes() -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
