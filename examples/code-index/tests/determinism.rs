//! The same files give the same graph and the same hits, whoever builds them where.

mod common;

use std::fs;
use std::path::Path;

use code_index::{AnalyzerConfig, DependencyGraph, GraphBuilder, GraphBuilderConfig, Hit, SparseIndex};
use common::{bookshop, bookshop_path, write};
use tempfile::TempDir;

fn with_threads(threads: usize) -> DependencyGraph {
    let config = GraphBuilderConfig { threads: Some(threads), ..Default::default() };
    GraphBuilder::with_config(bookshop_path(), config).build().expect("the bookshop is there")
}

fn bytes(graph: &DependencyGraph) -> Vec<u8> {
    let dir = TempDir::new().expect("a temporary directory");
    graph.write_to(&dir.path().join("graph")).expect("the graph can be written");
    fs::read(dir.path().join("graph")).expect("the graph is there")
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
        fs::read_dir(from).expect("the directory is there").map(|entry| entry.expect("an entry")).collect::<Vec<_>>();
    // Not in the order of the original, lest the file system gives it back in the same.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.file_name()));
    fs::create_dir_all(to).expect("a directory can be made");
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
fn threads_do_not_matter() {
    let one = with_threads(1);
    for threads in [2, 3, 8] {
        let many = with_threads(threads);
        assert_eq!(many, one, "{threads} threads");
        assert_eq!(bytes(&many), bytes(&one), "{threads} threads");
    }
}

#[test]
fn the_directory_does_not_matter() {
    let dir = TempDir::new().expect("a temporary directory");
    let elsewhere = dir.path().join("some/where else");
    copy(&bookshop_path(), &elsewhere);
    let graph = GraphBuilder::new(&elsewhere).build().expect("the copy is there");
    assert_eq!(graph, bookshop());
    assert_eq!(bytes(&graph), bytes(&bookshop()));
    let name = dir.path().file_name().and_then(|name| name.to_str()).expect("a name");
    let bytes = bytes(&graph);
    assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()), "an absolute path in the graph");
}

#[test]
fn two_builds_give_the_same_hits_in_the_same_order() {
    let expected = hits(&with_threads(1));
    assert!(expected.iter().all(|hits| hits.len() > 3));
    for threads in [1, 2, 8] {
        assert_eq!(hits(&with_threads(threads)), expected);
    }
}

#[test]
fn equals_are_listed_in_the_order_of_the_graph() {
    let dir = TempDir::new().expect("a temporary directory");
    for n in 0..40 {
        write(dir.path(), &[(&format!("m{n:02}.py"), "def same():\n    return 'periwinkle'\n")]);
    }
    let graph = GraphBuilder::new(dir.path()).build().expect("the project is there");
    let index = SparseIndex::in_memory(&graph, &AnalyzerConfig::default()).expect("an index");
    let expected = (0..40).map(|n| format!("m{n:02}.py:same")).collect::<Vec<_>>();
    for query in ["same", "sam", "a periwinkle"] {
        let ids = index.search(query, 100, &[]).expect("a search").into_iter().map(|hit| hit.id).collect::<Vec<_>>();
        assert_eq!(ids, expected, "{query}");
    }
}

#[test]
fn a_change_changes_the_graph() {
    let dir = TempDir::new().expect("a temporary directory");
    let build = || GraphBuilder::new(dir.path()).build().expect("the project is there");
    write(dir.path(), &[("m.py", "x = 1\n")]);
    let before = build();
    write(dir.path(), &[("m.py", "x = 2\n")]);
    assert_ne!(build(), before);
}

#[test]
fn the_number_of_threads_is_no_part_of_a_key() {
    let json = |threads| {
        let config = GraphBuilderConfig { threads, ..Default::default() };
        serde_json::to_string(&config).expect("a configuration is plain data")
    };
    assert_eq!(json(None), json(Some(4)));
    let partial = r#"{"max_nesting": 7}"#;
    let config = serde_json::from_str::<GraphBuilderConfig>(partial).expect("missing fields have defaults");
    assert_eq!(config, GraphBuilderConfig { max_nesting: 7, ..Default::default() });
}
