//! The setup script: builds graph and index before each run, as files that the tests open.

use std::fs;

use cached_smoke_peers::{build, files};

fn main() {
    let directory = files("setup");
    // The script does not know whether existing files are up to date, which is what cached-smoke adds.
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("the directory can be created");
    let (graph, _) = build(&directory.join("index")).expect("graph and index can be built");
    graph.write_to(&directory.join("graph")).expect("the graph can be written");
}
