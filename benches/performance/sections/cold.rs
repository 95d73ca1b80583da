//! Many processes that ask for what has still to be built; and what the cache costs whoever builds.

use std::fs;
use std::path::Path;

use crate::place::{Place, copy_tree};
use crate::samples::{Sample, Values, in_turns};
use crate::table::{Goal, Table};

const MANY: usize = 16;
/// Each takes several builds.
const MOST_ROUNDS: usize = 7;

pub(super) fn run(place: &Place, table: &mut Table) {
    println!("\ncold, Django:");
    let cache = place.path("cold");
    let hit = place.hit("django").set("SMOKE_CACHE_DIR", &cache);
    let cold = |processes: usize| new_cache(place, &cache, || hit.run_at_once(processes));
    let rounds = place.rounds.min(MOST_ROUNDS);
    let [one, many] = in_turns(rounds, [&|| cold(1), &|| cold(MANY)]);
    let one = one.say("one process on an empty cache");
    let many = many.say("16 processes on an empty cache");
    table.ratio("16 processes on one key ÷ one alone", many / one, Goal::AtMost(1.05));

    // In one process, so that two builds that are never quite the same need not be compared.
    let parts = place.program("cold").set("SMOKE_CACHE_DIR", &cache);
    let parts: Vec<Sample> = (0..rounds).map(|_| new_cache(place, &cache, || parts.run())).collect();
    let build =
        Values::new(parts.iter().map(|sample| sample.in_artifacts)).say("build, save and load, of one cold start");
    let rest = Values::new(parts.iter().map(|sample| sample.inside - sample.in_artifacts));
    let rest = rest.say("key, locks, digests, archive, publishing");
    table.value("key and store, of the build", rest / build * 100.0, "%", Goal::AtMost(3.0));
    let _ = fs::remove_dir_all(&cache);
}

/// The usual cold cache is that of new code over the same repository: how that looked is known.
fn new_cache<T>(place: &Place, cache: &Path, work: impl FnOnce() -> T) -> T {
    let _ = fs::remove_dir_all(cache);
    copy_tree(&place.path("cache/.stamps"), &cache.join(".stamps"));
    work()
}
