//! Compares a hit in strict mode, which checks the repository again, with that check alone.

use crate::samples::in_turns;
use crate::setup::Setup;
use crate::table::{Goal, Table};

pub(super) fn run(setup: &Setup, table: &mut Table) {
    println!("\nstrict mode:");
    let (scan, strict) = (setup.program("scan"), setup.hit("django").set("SMOKE_STRICT", "1"));
    strict.run();
    let [scan, strict] = in_turns(setup.rounds, [&|| scan.run().inside, &|| strict.run().inside]);
    let ratio = strict.print("a warm hit, strict") / scan.print("one lstat of every known file and directory");
    table.ratio("strict warm hit ÷ lstat scan alone", ratio, Goal::AtMost(1.3));
}
