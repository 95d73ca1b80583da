//! The setup script: builds graph and index, before each run, into files that the tests open.

use std::fs;

use cached_smoke_peers::{build, files};

fn main() {
    let directory = files("setup");
    // What it would have to know to keep what is there is what cached-smoke is about.
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("the directory can be made");
    let (graph, _) = build(&directory.join("index")).expect("both are built");
    graph.write_to(&directory.join("graph")).expect("the graph is written");
}
