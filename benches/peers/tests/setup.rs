//! The fixture with a setup script of nextest, which builds the files before the first test.

use cached_smoke_peers::{ask, files};
use code_index::{DependencyGraph, SparseIndex};

fn prepared() -> (DependencyGraph, SparseIndex) {
    let directory = files("setup");
    // SAFETY: the setup script has just written the file, and no process changes it.
    let graph = unsafe { DependencyGraph::map(&directory.join("graph")) }.expect("a graph");
    (graph, SparseIndex::from_dir(directory.join("index")).expect("an index"))
}

#[test]
fn t0() {
    let (graph, index) = prepared();
    ask(&graph, &index);
}

#[test]
fn t1() {
    let (graph, index) = prepared();
    ask(&graph, &index);
}

#[test]
fn t2() {
    let (graph, index) = prepared();
    ask(&graph, &index);
}

#[test]
fn t3() {
    let (graph, index) = prepared();
    ask(&graph, &index);
}

#[test]
fn t4() {
    let (graph, index) = prepared();
    ask(&graph, &index);
}

#[test]
fn t5() {
    let (graph, index) = prepared();
    ask(&graph, &index);
}

#[test]
fn t6() {
    let (graph, index) = prepared();
    ask(&graph, &index);
}

#[test]
fn t7() {
    let (graph, index) = prepared();
    ask(&graph, &index);
}

#[test]
fn t8() {
    let (graph, index) = prepared();
    ask(&graph, &index);
}

#[test]
fn t9() {
    let (graph, index) = prepared();
    ask(&graph, &index);
}
