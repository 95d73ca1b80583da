//! What a hit asks the system for: how many calls, and about what.

use std::collections::BTreeMap;
use std::fs;

use crate::place::Place;
use crate::samples::Program;
use crate::table::Table;

/// What a path is for, by what it has in it; the first that fits.
const PURPOSES: [(&str, &str); 13] = [
    ("smoke.toml", "the settings"),
    ("/under-way", "the record of a test that is killed"),
    ("telemetry.jsonl", "the record"),
    ("/proofs/", "the proofs that files were digested in this run"),
    ("/repos/", "the state of the repository, as this run knows it"),
    ("/.runs/", "that the notes of the run are its own"),
    ("Django-5.2.8", "where the repository really lies"),
    ("/graph.json", "the manifests, and the leases on them"),
    ("/sparse_index.json", "the manifests, and the leases on them"),
    ("/graph/graph.bin", "the graph: is it as it was, map it"),
    ("/sparse_index/", "the index: is it as it was, open it"),
    ("/cache/.", "that nothing is a link that leads elsewhere"),
    ("/cache", "that nothing is a link that leads elsewhere"),
];

pub(super) fn run(place: &Place, _: &mut Table) {
    println!("\nsystem calls, of the release build:");
    place.hit("django").run();
    let [nothing, floor, hit] = ["nothing", "floor", "hit"].map(|name| trace(place, &place.program(name)));
    let (Some(nothing), Some(floor), Some(hit)) = (nothing, floor, hit) else {
        println!("  left out: strace is not installed, or may not trace");
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

/// The calls of all threads, a line each, with the names of descriptors; nothing where they cannot be had.
fn trace(place: &Place, program: &Program) -> Option<Vec<String>> {
    let path = place.path("trace");
    // -y: names of descriptors.
    let status = program.traced(&["-f", "-qq", "-y", "-o"], &path).status().ok()?;
    let text = fs::read_to_string(&path).ok().filter(|_| status.success())?;
    let _ = fs::remove_file(&path);
    let call = |line: &str| Some(line.split_once(' ')?.1.trim_start().to_owned());
    Some(text.lines().filter_map(call).filter(|line| is_call(line)).collect())
}

/// Not a signal, an exit, or the second half of a call that another thread's interrupted.
fn is_call(line: &str) -> bool {
    line.split_once('(').is_some_and(|(name, _)| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}
