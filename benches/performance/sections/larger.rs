//! Compares a hit on a repository of ten copies of Django with a hit on Django.

use std::fs;

use crate::samples::in_turns;
use crate::setup::{LARGER, Setup};
use crate::table::{Goal, Table};

pub(super) fn run(setup: &Setup, table: &mut Table) {
    println!("\n{LARGER} copies of Django:");
    setup.link_larger();
    let (once, larger) = (setup.hit("django"), setup.hit("larger"));
    larger.run();
    for repo in ["django", "larger"] {
        let (graph, index) = setup.entry(repo);
        let index: u64 = fs::read_dir(index).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
        println!(
            "  {repo}: a graph of {} MB, an index of {} MB",
            graph.metadata().unwrap().len() / 1_000_000,
            index / 1_000_000
        );
    }
    let [once, larger] = in_turns(setup.rounds, [&|| once.run().inside, &|| larger.run().inside]);
    let ratio = larger.print("a warm hit, ten times") / once.print("a warm hit");
    table.ratio("warm hit on ten times as much ÷ warm hit", ratio, Goal::AtMost(1.2));
}
