//! A hit on ten times as much.

use std::fs;

use crate::place::{LARGER, Place};
use crate::samples::in_turns;
use crate::table::{Goal, Table};

pub(super) fn run(place: &Place, table: &mut Table) {
    println!("\nDjango {LARGER} times over:");
    place.larger();
    let (once, larger) = (place.hit("django"), place.hit("larger"));
    larger.run();
    for repo in ["django", "larger"] {
        let (graph, index) = place.entry(repo);
        let index: u64 = fs::read_dir(index).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
        println!(
            "  {repo}: a graph of {} MB, an index of {} MB",
            graph.metadata().unwrap().len() / 1_000_000,
            index / 1_000_000
        );
    }
    let [once, larger] = in_turns(place.rounds, [&|| once.run().inside, &|| larger.run().inside]);
    let ratio = larger.say("a warm hit, ten times") / once.say("a warm hit");
    table.ratio("warm hit on ten times as much ÷ warm hit", ratio, Goal::AtMost(1.2));
}
