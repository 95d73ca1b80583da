//! What becomes of a hit when there are more tests, and when entries are larger.

use crate::place::Place;
use crate::plot::{Line, Plot};
use crate::programs::{BYTES, REPO};
use crate::samples::{Values, in_turns};
use crate::table::{Goal, Table};

const MEGABYTES: [u32; 3] = [10, 100, 1000];
const TESTS: [u32; 3] = [1, 10, 100];

pub(super) fn run(place: &Place, table: &mut Table) {
    println!("\nlarger entries, of one file:");
    let (mut first, mut later, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    for megabytes in MEGABYTES {
        let bytes = u64::from(megabytes) * 1_000_000;
        let hit = place.program("sized").set(REPO, "tiny").set(BYTES, bytes.to_string());
        hit.run();
        let mut run = 0;
        let values = Values::new((0..place.rounds.min(9)).map(|_| {
            run += 1;
            hit.set("SMOKE_RUN_ID", format!("scale-{}-{bytes}-{run}", std::process::id())).run().inside
        }));
        let of_run = values.say(&format!("{megabytes} MB: the first hit of a run"));
        let copy = place.program("copy-sized").set(BYTES, bytes.to_string());
        let [hit, copy] = in_turns(place.rounds.min(9), [&|| hit.run().inside, &|| copy.run().inside]);
        let hit = hit.say(&format!("{megabytes} MB: a later hit"));
        let copy = copy.say(&format!("{megabytes} MB: reading it into memory"));
        first.push((f64::from(megabytes), of_run * 1e3));
        later.push((f64::from(megabytes), hit * 1e3));
        copies.push((f64::from(megabytes), copy * 1e3));
    }
    table.ratio("later hit on 1 GB ÷ on 10 MB", later[2].1 / later[0].1, Goal::AtMost(1.2));
    Plot {
        title: "What a hit costs, by the size of the entry",
        x: "megabytes",
        y: "milliseconds in a fresh process",
        lines: vec![
            Line { name: "reading all of it into memory", points: copies },
            Line { name: "the first hit of a run: every byte is digested", points: first },
            Line { name: "every later hit", points: later },
        ],
    }
    .write("size");

    println!("\nmore tests, a process each, as many at once as there are cores:");
    let mut points = Vec::new();
    let mut empty_points = Vec::new();
    for tests in TESTS {
        let (hit, nothing) = (place.hit("django"), place.program("nothing"));
        let [hit, nothing] = in_turns(
            place.rounds.min(9),
            [&|| hit.run_by_cores(tests as usize), &|| nothing.run_by_cores(tests as usize)],
        );
        let hit = hit.say(&format!("{tests} processes with a hit"));
        let nothing = nothing.say(&format!("{tests} processes that do nothing"));
        points.push((f64::from(tests), hit * 1e3));
        empty_points.push((f64::from(tests), nothing * 1e3));
    }
    Plot {
        title: "What hits cost, by the number of tests",
        x: "tests, a process each",
        y: "milliseconds for all",
        lines: vec![
            Line { name: "with graph and index of Django, and one query", points },
            Line { name: "doing nothing", points: empty_points },
        ],
    }
    .write("tests");
}
