//! Counts the system calls of a hit by their purpose.

use std::collections::BTreeMap;
use std::fs;

use crate::samples::Program;
use crate::setup::Setup;
use crate::table::Table;

/// The purpose of a system call by a part of its path; the first match counts.
const PURPOSES: [(&str, &str); 13] = [
    ("smoke.toml", "the configuration"),
    ("/under-way", "the record of a killed test"),
    ("telemetry.jsonl", "the record"),
    ("/proofs/", "the verification records of this run"),
    ("/repos/", "the state of the repository in this run"),
    ("/.runs/", "check that the directory of the run is not a link"),
    ("Django-5.2.8", "resolve the path of the repository"),
    ("/graph.json", "the manifests and their read locks"),
    ("/sparse_index.json", "the manifests and their read locks"),
    ("/graph/graph.bin", "the graph: compare its metadata, map it"),
    ("/sparse_index/", "the index: compare its metadata, open it"),
    ("/cache/.", "check that no directory of the cache is a link"),
    ("/cache", "check that no directory of the cache is a link"),
];

pub(super) fn run(setup: &Setup, _: &mut Table) {
    println!("\nsystem calls, of the release build:");
    setup.hit("django").run();
    let [nothing, floor, hit] = ["nothing", "floor", "hit"].map(|name| trace(setup, &setup.program(name)));
    let (Some(nothing), Some(floor), Some(hit)) = (nothing, floor, hit) else {
        println!("  skipped: strace is not installed or not permitted");
        return;
    };
    let [of_nothing, of_floor, of_hit] = [&nothing, &floor, &hit].map(Vec::len);
    println!("  {of_nothing} of a program that does nothing (the loader, Rust's start, its answer)");
    println!("  {} more of the floor", of_floor - of_nothing);
    println!("  {} more of a hit, of which:", of_hit - of_nothing);
    let mut purposes: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for line in &hit {
        let purpose = PURPOSES.iter().find(|(part, _)| line.contains(part)).map(|(_, purpose)| *purpose);
        if let (Some(purpose), Some(name)) = (purpose, line.split('(').next()) {
            *purposes.entry(purpose).or_default().entry(name.to_owned()).or_default() += 1;
        }
    }
    for (purpose, calls) in &purposes {
        let all: usize = calls.values().sum();
        let each: Vec<String> = calls.iter().map(|(name, times)| format!("{name} {times}")).collect();
        println!("  {all:>5}  {purpose}: {}", each.join(", "));
    }
    let accounted: usize = purposes.values().flat_map(BTreeMap::values).sum();
    println!("  {:>5}  memory, threads, and the test's own line", (of_hit - of_nothing).saturating_sub(accounted));
}

/// Returns the system calls of all threads, one per line, with the paths of file descriptors; `None` if strace fails.
fn trace(setup: &Setup, program: &Program) -> Option<Vec<String>> {
    let path = setup.path("trace");
    // -f: all threads, -qq: no messages, -y: paths of file descriptors.
    let status = program.traced(&["-f", "-qq", "-y", "-o"], &path).status().ok()?;
    let text = fs::read_to_string(&path).ok().filter(|_| status.success())?;
    let _ = fs::remove_file(&path);
    let call = |line: &str| Some(line.split_once(' ')?.1.trim_start().to_owned());
    Some(text.lines().filter_map(call).filter(|line| is_call(line)).collect())
}

/// Returns `true` for a call, `false` for a signal, an exit, or the rest of a call that another thread interrupted.
fn is_call(line: &str) -> bool {
    line.split_once('(').is_some_and(|(name, _)| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}
