//! Measures hits on larger entries and hits of more tests, and plots both.

use std::fs;

use crate::plot::{Line, Plot};
use crate::programs::{BYTES, REPO};
use crate::samples::{Values, in_turns};
use crate::setup::Setup;
use crate::table::{Goal, Table};

const MEGABYTES: [u32; 3] = [10, 100, 1000];
const TESTS: [u32; 3] = [1, 10, 100];

pub(super) fn run(setup: &Setup, table: &mut Table) {
    println!("\nlarger entries, of one file:");
    let (mut first, mut later, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    for megabytes in MEGABYTES {
        let bytes = u64::from(megabytes) * 1_000_000;
        let hit = setup.program("sized").set(REPO, "tiny").set(BYTES, bytes.to_string());
        hit.run();
        let mut run = 0;
        let values = Values::new((0..setup.rounds.min(9)).map(|_| {
            run += 1;
            hit.set("SMOKE_RUN_ID", format!("scale-{}-{bytes}-{run}", std::process::id())).run().inside
        }));
        let of_run = values.print(&format!("{megabytes} MB: the first hit of a run"));
        let copy = setup.program("copy-sized").set(BYTES, bytes.to_string());
        let [hit, copy] = in_turns(setup.rounds.min(9), [&|| hit.run().inside, &|| copy.run().inside]);
        let hit = hit.print(&format!("{megabytes} MB: a later hit"));
        let copy = copy.print(&format!("{megabytes} MB: reading it into memory"));
        first.push((f64::from(megabytes), of_run * 1e3));
        later.push((f64::from(megabytes), hit * 1e3));
        copies.push((f64::from(megabytes), copy * 1e3));
    }
    table.ratio("later hit on 1 GB ÷ on 10 MB", later[2].1 / later[0].1, Goal::AtMost(1.2));
    Plot {
        title: "Cost of a hit by the size of the entry",
        x: "megabytes",
        y: "milliseconds in a fresh process",
        lines: vec![
            Line { name: "reading all of it into memory", points: copies },
            Line { name: "the first hit of a run: every byte is digested", points: first },
            Line { name: "every later hit", points: later },
        ],
    }
    .write("size");

    println!("\nmore tests, each in its own process, one per core at a time:");
    let (mut hits, mut keys, mut nothings, mut locks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for tests in TESTS {
        let point = |values: &Values, what: &str| (f64::from(tests), values.print(&format!("{tests} {what}")) * 1e3);
        let number = tests as usize;
        let (hit, nothing) = (setup.hit("django"), setup.program("nothing"));
        // An artifact of eight bytes: everything in a hit except for loading large artifacts.
        let key = setup.program("sized").set(BYTES, "8");
        key.run();
        let [hit, key, nothing] = in_turns(
            setup.rounds.min(9),
            [&|| hit.run_by_cores(number), &|| key.run_by_cores(number), &|| nothing.run_by_cores(number)],
        );
        hits.push(point(&hit, "processes with a hit"));
        keys.push(point(&key, "processes with a hit on eight bytes"));
        nothings.push(point(&nothing, "processes that do nothing"));
        locks.push(point(&wait_for_one_lock(setup, number), "at once on one lock, cold"));
    }
    table.value("each further test of a hundred, of a hit", per_test(&hits), "ms", Goal::None);
    table.value(
        "each further test of a hundred, of a hit on eight bytes: key, read lock, record",
        per_test(&keys),
        "ms",
        Goal::None,
    );
    table.value("each further test of a hundred, of doing nothing", per_test(&nothings), "ms", Goal::None);
    table.value("each further test of a hundred that wait for one lock", per_test(&locks), "ms", Goal::None);
    Plot {
        title: "Cost of hits by the number of tests",
        x: "tests, each in its own process",
        y: "milliseconds for all",
        lines: vec![
            Line { name: "all at once, cold: one builds almost nothing, the others wait for its lock", points: locks },
            Line { name: "with graph and index of Django, and one query", points: hits },
            Line { name: "with eight bytes: only key, read lock and record", points: keys },
            Line { name: "doing nothing", points: nothings },
        ],
    }
    .write("tests");
}

/// Starts several processes at once on an empty cache, for an artifact whose build takes almost no time.
///
/// This measures the build lock, which passes from one process to the next.
fn wait_for_one_lock(setup: &Setup, tests: usize) -> Values {
    let cache = setup.path("locks");
    let tiny = setup.program("sized").set(REPO, "tiny").set(BYTES, "8").set("SMOKE_CACHE_DIR", &cache);
    Values::new((0..setup.rounds.min(9)).map(|_| {
        let _ = fs::remove_dir_all(&cache);
        tiny.run_at_once(tests)
    }))
}

/// Returns the time that one more test adds.
fn per_test(points: &[(f64, f64)]) -> f64 {
    let (first, last) = (points[0], points[points.len() - 1]);
    (last.1 - first.1) / (last.0 - first.0)
}
