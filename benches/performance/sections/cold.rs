//! Measures many processes that request one missing artifact, and the cost of the cache in a cold start.

use std::fs;
use std::path::Path;

use crate::samples::{Sample, Values, in_turns};
use crate::setup::{Setup, copy_tree};
use crate::table::{Goal, Table};

const MANY: usize = 16;
/// The maximum number of rounds. A round takes several builds.
const MAX_ROUNDS: usize = 7;

pub(super) fn run(setup: &Setup, table: &mut Table) {
    println!("\ncold, Django:");
    let cache = setup.path("cold");
    let hit = setup.hit("django").set("SMOKE_CACHE_DIR", &cache);
    let cold = |processes: usize| new_cache(setup, &cache, || hit.run_at_once(processes));
    let rounds = setup.rounds.min(MAX_ROUNDS);
    let [one, many] = in_turns(rounds, [&|| cold(1), &|| cold(MANY)]);
    let one = one.print("one process on an empty cache");
    let many = many.print("16 processes on an empty cache");
    table.ratio("16 processes on one key ÷ one alone", many / one, Goal::AtMost(1.05));

    // Measured within one process, because the times of two builds always differ.
    let parts = setup.program("cold").set("SMOKE_CACHE_DIR", &cache);
    let parts: Vec<Sample> = (0..rounds).map(|_| new_cache(setup, &cache, || parts.run())).collect();
    let build =
        Values::new(parts.iter().map(|sample| sample.in_artifacts)).print("build, save and load, of one cold start");
    let rest = Values::new(parts.iter().map(|sample| sample.inside - sample.in_artifacts));
    let rest = rest.print("key, locks, digests, archive, publishing");
    table.value("key and store, of the build", rest / build * 100.0, "%", Goal::AtMost(3.0));
    let _ = fs::remove_dir_all(&cache);
}

/// Runs some work on an empty cache.
///
/// The stamps of the repository are copied to it: a cache is usually cold because code changed, not the repository.
fn new_cache<T>(setup: &Setup, cache: &Path, work: impl FnOnce() -> T) -> T {
    let _ = fs::remove_dir_all(cache);
    copy_tree(&setup.path("cache/.stamps"), &cache.join(".stamps"));
    work()
}
