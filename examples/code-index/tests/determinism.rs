//! Tests of determinism: the same files give the same graph and the same hits.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, GraphBuilderConfig, Hit, SparseIndex};
use common::{bookshop, bookshop_path, write};
use tempfile::TempDir;

fn with_threads(threads: usize) -> DependencyGraph {
    let config = GraphBuilderConfig { threads: Some(threads), ..Default::default() };
    GraphBuilder::with_config(bookshop_path(), config).build().expect("the bookshop exists")
}

fn bytes(graph: &DependencyGraph) -> Vec<u8> {
    let dir = TempDir::new().expect("a temporary directory");
    graph.write_to(&dir.path().join("graph")).expect("the graph can be written");
    fs::read(dir.path().join("graph")).expect("the graph exists")
}

fn hits(graph: &DependencyGraph) -> Vec<Vec<Hit>> {
    let dir = TempDir::new().expect("a temporary directory");
    let index = SparseIndex::from_graph(graph, dir.path(), &AnalyzerConfig::default()).expect("an index");
    ["order", "Book", "s", "take the money", "a book of an author", "total"]
        .map(|query| index.search(query, 100, &[]).expect("a search"))
        .into()
}

fn copy(from: &Path, to: &Path) {
    let mut entries =
        fs::read_dir(from).expect("the directory exists").map(|entry| entry.expect("an entry")).collect::<Vec<_>>();
    // In reverse order, so that the file system does not list the copy in the order of the original.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.file_name()));
    fs::create_dir_all(to).expect("a directory can be created");
    for entry in entries {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

#[test]
fn the_number_of_threads_does_not_change_the_graph() {
    let one = with_threads(1);
    for threads in [2, 3, 8] {
        let many = with_threads(threads);
        assert_eq!(many, one, "{threads} threads");
        assert_eq!(bytes(&many), bytes(&one), "{threads} threads");
    }
}

#[test]
fn the_location_does_not_change_the_graph() {
    let dir = TempDir::new().expect("a temporary directory");
    let location = dir.path().join("some/where else");
    copy(&bookshop_path(), &location);
    let graph = GraphBuilder::new(&location).build().expect("the copy can be read");
    assert_eq!(graph, bookshop());
    assert_eq!(bytes(&graph), bytes(&bookshop()));
    let name = dir.path().file_name().and_then(|name| name.to_str()).expect("a name");
    let bytes = bytes(&graph);
    assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()), "the graph has an absolute path");
}

#[test]
fn all_builds_of_an_index_are_equal() {
    let files = |graph: &DependencyGraph| {
        let dir = TempDir::new().expect("a temporary directory");
        drop(SparseIndex::from_graph(graph, dir.path(), &AnalyzerConfig::default()).expect("an index"));
        let entries = fs::read_dir(dir.path()).expect("the directory exists").map(|entry| entry.expect("an entry"));
        let read = |entry: fs::DirEntry| (entry.file_name(), fs::read(entry.path()).expect("the file exists"));
        entries.map(read).collect::<BTreeMap<_, _>>()
    };
    let one = files(&with_threads(1));
    assert_eq!(one.len(), 2);
    for threads in [1, 2, 8] {
        assert!(files(&with_threads(threads)) == one, "{threads} threads");
    }
}

#[test]
fn all_builds_give_the_same_hits_in_the_same_order() {
    let expected = hits(&with_threads(1));
    assert!(expected.iter().all(|hits| hits.len() > 3));
    for threads in [1, 2, 8] {
        assert_eq!(hits(&with_threads(threads)), expected);
    }
}

#[test]
fn equal_hits_are_in_the_order_of_the_graph() {
    let dir = TempDir::new().expect("a temporary directory");
    for n in 0..40 {
        write(dir.path(), &[(&format!("m{n:02}.py"), "def same():\n    return 'periwinkle'\n")]);
    }
    let graph = GraphBuilder::new(dir.path()).build().expect("the project exists");
    let index = SparseIndex::in_memory(&graph, &AnalyzerConfig::default()).expect("an index");
    let expected = (0..40).map(|n| format!("m{n:02}.py:same")).collect::<Vec<_>>();
    for query in ["same", "sam", "a periwinkle"] {
        let ids = index.search(query, 100, &[]).expect("a search").into_iter().map(|hit| hit.id).collect::<Vec<_>>();
        assert_eq!(ids, expected, "{query}");
    }
}

#[test]
fn a_changed_file_changes_the_graph() {
    let dir = TempDir::new().expect("a temporary directory");
    let build = || GraphBuilder::new(dir.path()).build().expect("the project exists");
    write(dir.path(), &[("m.py", "x = 1\n")]);
    let before = build();
    write(dir.path(), &[("m.py", "x = 2\n")]);
    assert_ne!(build(), before);
}

#[test]
fn the_number_of_threads_is_not_serialized() {
    let json = |threads| {
        let config = GraphBuilderConfig { threads, ..Default::default() };
        serde_json::to_string(&config).expect("a configuration is plain data")
    };
    assert_eq!(json(None), json(Some(4)));
    let partial = r#"{"max_nesting": 7}"#;
    let config = serde_json::from_str::<GraphBuilderConfig>(partial).expect("missing fields have defaults");
    assert_eq!(config, GraphBuilderConfig { max_nesting: 7, ..Default::default() });
}
