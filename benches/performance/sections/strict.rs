//! A hit that looks at the repository again, beside looking alone.

use crate::place::Place;
use crate::samples::in_turns;
use crate::table::{Goal, Table};

pub(super) fn run(place: &Place, table: &mut Table) {
    println!("\nstrict mode:");
    let (scan, strict) = (place.program("scan"), place.hit("django").set("SMOKE_STRICT", "1"));
    strict.run();
    let [scan, strict] = in_turns(place.rounds, [&|| scan.run().inside, &|| strict.run().inside]);
    let ratio = strict.say("a warm hit, strict") / scan.say("one lstat of every known file and directory");
    table.ratio("strict warm hit ÷ lstat scan alone", ratio, Goal::AtMost(1.3));
}
