//! A hit beside the floor and beside the plan, in a release build and in debug builds; and the memory that it takes.

use crate::place::{Build, Place};
use crate::samples::{Values, in_turns};
use crate::table::{Goal, Table};

pub(super) fn run(place: &Place, table: &mut Table) {
    let [debug, plain] = Place::debug_builds();
    of(place, table, &place.release, 2.0, 100.0);
    of(place, table, &debug, 3.0, 200.0);
    of(place, table, &plain, 3.0, 200.0);
    memory(place, table);
}

fn of(place: &Place, table: &mut Table, build: &Build, floor_goal: f64, plan_goal: f64) {
    let name = build.name;
    println!("\nhits, {name} (from the start of `main` to the answer, in a fresh process):");
    let [floor, hit, plan] = ["floor", "hit", "plan"].map(|program| place.program_of(build, program));
    hit.run();
    let [floor, hit, plan] =
        in_turns(place.rounds, [&|| floor.run().inside, &|| hit.run().inside, &|| plan.run().inside]);
    let [floor, hit, plan] =
        [floor.say("the floor, written by hand"), hit.say("a warm hit"), plan.say("the plan, straightforward")];
    table.ratio(format!("warm hit ÷ floor ({name})"), hit / floor, Goal::AtMost(floor_goal));
    table.ratio(format!("plan ÷ warm hit ({name})"), plan / hit, Goal::AtLeast(plan_goal));
}

/// With an allocator that gives nothing back and maps nothing, what there is at the end is what there was at most.
fn memory(place: &Place, table: &mut Table) {
    println!("\nmemory that is no file's, at most (kB):");
    let at_most = |program: &'static str| {
        let program = place.program(program).set("MALLOC_TRIM_THRESHOLD_", "1000000000").set("MALLOC_MMAP_MAX_", "0");
        Values::new((0..place.rounds.min(11)).map(|_| program.run().anonymous)).median()
    };
    let (nothing, floor, hit) = (at_most("nothing"), at_most("floor"), at_most("hit"));
    println!("  nothing {nothing}, the floor {floor}, a hit {hit}");
    table.value("memory of a warm hit, beyond mapped files", (hit - nothing) / 1000.0, "MB", Goal::AtMost(4.0));
}
