//! The programs that are measured, each in a process of its own: what it is called, and what it does between the start of
//! `main` and its answer.

mod floor;
mod hit;
mod plan;
mod restore;
mod scan;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

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

/// What a program's answer begins with: nanoseconds, and kilobytes of memory that is no file's.
pub(crate) const ANSWER: &str = "answer:";

/// Runs the program that this process is to be, and tells how long it took.
pub(crate) fn run(program: &str) -> ExitCode {
    let begun = Instant::now();
    let files = || PathBuf::from(std::env::var_os(FILES).unwrap());
    let repo = || std::env::var(REPO).unwrap();
    match program {
        "nothing" => {}
        "hit" => hit::run(&repo()),
        "build" => hit::build(&repo(), &files()),
        "floor" => floor::run(&files()),
        "plan" => plan::run(&files()),
        "scan" => scan::run(&files()),
        "digest-and-unpack" => restore::run(&files()),
        other => panic!("no program is called {other}"),
    }
    println!("{ANSWER} {} {}", begun.elapsed().as_nanos(), anonymous_kilobytes());
    ExitCode::SUCCESS
}

/// The question that each program asks of graph and index: one that takes little time, so that it hides little.
fn ask(graph: &DependencyGraph, index: &SparseIndex) {
    let set = graph.node("django/db/models/query.py:QuerySet").or_else(|| graph.nodes().find(|n| n.name() == "QuerySet"));
    let heirs = graph.incoming(set.unwrap(), EdgeKind::Inherits).count();
    assert!(heirs > 0);
    answer(index);
}

fn answer(index: &SparseIndex) {
    let hits = index.search("QuerySet", 1, &[]).unwrap();
    assert!(hits[0].id.ends_with("django/db/models/query.py:QuerySet"), "{hits:?}");
}

/// Resident memory that is not mapped from a file, in kilobytes; 0 where the system does not tell.
fn anonymous_kilobytes() -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
