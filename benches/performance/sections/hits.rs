//! Compares a hit with the floor and the plan, in a release build and in debug builds, and measures its memory.

use crate::samples::{Values, in_turns};
use crate::setup::{Build, Setup};
use crate::table::{Goal, Table};

pub(super) fn run(setup: &Setup, table: &mut Table) {
    let [debug, plain] = Setup::debug_builds();
    measure(setup, table, &setup.release, 2.0, 100.0);
    measure(setup, table, &debug, 3.0, 200.0);
    measure(setup, table, &plain, 3.0, 200.0);
    memory(setup, table);
}

fn measure(setup: &Setup, table: &mut Table, build: &Build, floor_goal: f64, plan_goal: f64) {
    let name = build.name;
    println!("\nhits, {name} (from the start of `main` to the answer, in a fresh process):");
    let [floor, hit, plan] = ["floor", "hit", "plan"].map(|program| setup.program_of(build, program));
    hit.run();
    let [floor, hit, plan] =
        in_turns(setup.rounds, [&|| floor.run().inside, &|| hit.run().inside, &|| plan.run().inside]);
    let [floor, hit, plan] =
        [floor.print("the floor, written by hand"), hit.print("a warm hit"), plan.print("the plan, straightforward")];
    table.ratio(format!("warm hit ÷ floor ({name})"), hit / floor, Goal::AtMost(floor_goal));
    table.ratio(format!("plan ÷ warm hit ({name})"), plan / hit, Goal::AtLeast(plan_goal));
}

/// Measures the memory at the end of a program. The allocator is set to return nothing, so that is also the maximum.
fn memory(setup: &Setup, table: &mut Table) {
    println!("\nmaximum memory that is not mapped from files (kB):");
    let maximum = |program: &'static str| {
        let program = setup.program(program).set("MALLOC_TRIM_THRESHOLD_", "1000000000").set("MALLOC_MMAP_MAX_", "0");
        Values::new((0..setup.rounds.min(11)).map(|_| program.run().anonymous)).median()
    };
    let (nothing, floor, hit) = (maximum("nothing"), maximum("floor"), maximum("hit"));
    println!("  nothing {nothing}, the floor {floor}, a hit {hit}");
    table.value("memory of a warm hit, beyond mapped files", (hit - nothing) / 1000.0, "MB", Goal::AtMost(4.0));
}
