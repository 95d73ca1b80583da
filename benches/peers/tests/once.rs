//! The fixture with rstest's `#[once]`: one build per process, and nextest runs each test in its own process.

use cached_smoke_peers::{ask, build, files};
use code_index::{DependencyGraph, SparseIndex};
use rstest::{fixture, rstest};

#[fixture]
#[once]
fn both() -> (DependencyGraph, SparseIndex) {
    let directory = files("rstest").join(std::process::id().to_string());
    build(&directory).expect("graph and index can be built")
}

#[rstest]
fn t0(both: &(DependencyGraph, SparseIndex)) {
    ask(&both.0, &both.1);
}

#[rstest]
fn t1(both: &(DependencyGraph, SparseIndex)) {
    ask(&both.0, &both.1);
}

#[rstest]
fn t2(both: &(DependencyGraph, SparseIndex)) {
    ask(&both.0, &both.1);
}

#[rstest]
fn t3(both: &(DependencyGraph, SparseIndex)) {
    ask(&both.0, &both.1);
}

#[rstest]
fn t4(both: &(DependencyGraph, SparseIndex)) {
    ask(&both.0, &both.1);
}

#[rstest]
fn t5(both: &(DependencyGraph, SparseIndex)) {
    ask(&both.0, &both.1);
}

#[rstest]
fn t6(both: &(DependencyGraph, SparseIndex)) {
    ask(&both.0, &both.1);
}

#[rstest]
fn t7(both: &(DependencyGraph, SparseIndex)) {
    ask(&both.0, &both.1);
}

#[rstest]
fn t8(both: &(DependencyGraph, SparseIndex)) {
    ask(&both.0, &both.1);
}

#[rstest]
fn t9(both: &(DependencyGraph, SparseIndex)) {
    ask(&both.0, &both.1);
}
