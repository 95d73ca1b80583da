//! Many processes that ask for what has still to be built; and what the cache costs whoever builds.

use std::fs;

use crate::place::Place;
use crate::samples::in_turns;
use crate::table::{Goal, Table};

const MANY: usize = 16;
/// Each takes several builds.
const MOST_ROUNDS: usize = 7;

pub(super) fn run(place: &Place, table: &mut Table) {
    println!("\ncold, Django:");
    let cache = place.path("cold");
    let hit = place.hit("django").set("SMOKE_CACHE_DIR", &cache);
    let cold = |processes: usize| {
        let _ = fs::remove_dir_all(&cache);
        hit.run_at_once(processes)
    };
    let build = place.program("build");
    let build_alone = || build.run_at_once(1);
    let [build, one, many] = in_turns(place.rounds.min(MOST_ROUNDS), [&build_alone, &|| cold(1), &|| cold(MANY)]);
    let build = build.say("graph and index built, nothing else");
    let one = one.say("one process on an empty cache");
    let many = many.say("16 processes on an empty cache");
    table.ratio("16 processes on one key ÷ one alone", many / one, Goal::AtMost(1.05));
    table.value("key and store, of the build", (one - build) / build * 100.0, "%", Goal::AtMost(3.0));
    let _ = fs::remove_dir_all(&cache);
}
