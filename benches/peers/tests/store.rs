//! The fixture with the `cached` crate's store on disk.
//!
//! The store holds the serialized graph. The index, a directory, is beside the store and not protected by it.

use cached::macros::concurrent_cached;
use cached::{RedbCache, RedbCacheError};
use cached_smoke_peers::{PlainGraph, build, files, find};
use code_index::SparseIndex;

#[derive(Debug)]
struct Failed(#[expect(dead_code, reason = "a failed test prints it")] String);

impl From<RedbCacheError> for Failed {
    fn from(error: RedbCacheError) -> Failed {
        Failed(error.to_string())
    }
}

#[concurrent_cached(
    ty = "RedbCache<String, PlainGraph>",
    create = r#"{ RedbCache::builder("graph").disk_dir(files("cached")).build().expect("no other process has it open") }"#,
    convert = r#"{ commit.to_owned() }"#
)]
fn graph(commit: &str) -> Result<PlainGraph, Failed> {
    assert!(!commit.is_empty(), "the commit is the key");
    let directory = files("cached-index");
    let _ = std::fs::remove_dir_all(&directory);
    Ok(PlainGraph::of(&build(&directory).map_err(|error| Failed(error.to_string()))?.0))
}

#[test]
fn t0() {
    graph("the commit, had one asked git for it").expect("a graph").ask();
    find(&SparseIndex::from_dir(files("cached-index")).expect("an index"));
}

#[test]
fn t1() {
    graph("the commit, had one asked git for it").expect("a graph").ask();
    find(&SparseIndex::from_dir(files("cached-index")).expect("an index"));
}

#[test]
fn t2() {
    graph("the commit, had one asked git for it").expect("a graph").ask();
    find(&SparseIndex::from_dir(files("cached-index")).expect("an index"));
}

#[test]
fn t3() {
    graph("the commit, had one asked git for it").expect("a graph").ask();
    find(&SparseIndex::from_dir(files("cached-index")).expect("an index"));
}

#[test]
fn t4() {
    graph("the commit, had one asked git for it").expect("a graph").ask();
    find(&SparseIndex::from_dir(files("cached-index")).expect("an index"));
}

#[test]
fn t5() {
    graph("the commit, had one asked git for it").expect("a graph").ask();
    find(&SparseIndex::from_dir(files("cached-index")).expect("an index"));
}

#[test]
fn t6() {
    graph("the commit, had one asked git for it").expect("a graph").ask();
    find(&SparseIndex::from_dir(files("cached-index")).expect("an index"));
}

#[test]
fn t7() {
    graph("the commit, had one asked git for it").expect("a graph").ask();
    find(&SparseIndex::from_dir(files("cached-index")).expect("an index"));
}

#[test]
fn t8() {
    graph("the commit, had one asked git for it").expect("a graph").ask();
    find(&SparseIndex::from_dir(files("cached-index")).expect("an index"));
}

#[test]
fn t9() {
    graph("the commit, had one asked git for it").expect("a graph").ask();
    find(&SparseIndex::from_dir(files("cached-index")).expect("an index"));
}
