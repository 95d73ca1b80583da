//! Compares whole expansions of the attribute with `expansion.snapshot.rs`.
//!
//! `UPDATE_EXPECT=1 cargo test -p cached-smoke-macros expansion` updates the snapshot.

use super::super::expand;
use crate::expansion::snapshot;
use expect_test::expect_file;

/// Functions with the attribute, and the point of each.
const SHOWN: [(&str, &str); 3] = [
    (
        "An artifact of no suite, which every suite can use. The default codec stores it.",
        r"
/// Ten seconds, once.
#[artifact]
pub fn model() -> Model {
    Model::train(100)
}
",
    ),
    (
        "An artifact of a suite. It depends on one field of the configuration.",
        r#"
#[artifact(suite = Smoke, name = "graph", codec = rkyv, relocatable)]
fn dependency_graph(repo: &Repo, #[config] granularity: &Granularity) -> Result<Graph, ParseError> {
    Graph::build(repo.path(), *granularity)
}
"#,
    ),
    (
        "An artifact with files of its own, built from another artifact.",
        r"
#[artifact(directory, load = Index::open)]
#[cfg(unix)]
fn index(graph: &Graph, words: Words, dir: &Path) -> Index {
    Index::build(graph, words, dir)
}
",
    ),
];

#[test]
fn expansions_match_the_snapshot() {
    expect_file!["expansion.snapshot.rs"].assert_eq(&snapshot("artifact", &SHOWN, expand));
}
