//! Compares whole expansions of the attribute with `expansion.snapshot.rs`.
//!
//! `UPDATE_EXPECT=1 cargo test -p cached-smoke-macros expansion` updates the snapshot.

use super::super::expand;
use crate::expansion::snapshot;
use expect_test::expect_file;

/// Functions with the attribute, and the point of each.
const SHOWN: [(&str, &str); 8] = [
    (
        "One test with the name of the user's function, which is nested inside.",
        r#"
/// Finds it.
#[cached_smoke(repo = "django")]
#[should_panic(expected = "lost")]
fn finds_queryset(graph: &DependencyGraph, Repo { name }: &Repo) {
    graph.find(name)
}
"#,
    ),
    (
        "A test for each repository: a helper that runs on any repository, and a module of tests that call it.",
        r#"
/// Answers everywhere.
#[cached_smoke(repos = ["django", "scikit-learn"], config = SmokeConfig { k: 2 })]
#[cfg(unix)]
#[expect(unused)]
#[ignore = "slow"]
pub fn answers(index: &SparseIndex) -> self::Result<()> {
    index.search("x")
}
"#,
    ),
    (
        "An async test. Its fixture is built outside the runtime.",
        r#"
#[cached_smoke(repo = "django", suite = Smoke, crate = support::smoke)]
#[tokio::test]
async fn served() {
    serve().await;
}
"#,
    ),
    (
        "A test without a repository, with an artifact by value and a writable copy of another.",
        r"
#[cached_smoke(repos = [])]
fn sells(model: Model, mut shop: Scratch<Shop>) {
    shop.sell(model)
}
",
    ),
    (
        "One test over several repositories.",
        r#"
#[cached_smoke(repos = ["django", "requests"])]
fn compares(all: &Each<DependencyGraph>) {
    compare(all)
}
"#,
    ),
    (
        "Parameters of another attribute.",
        r#"
#[cached_smoke(repos = ["django", "requests"])]
#[rstest]
#[case(3)]
fn has(graph: &DependencyGraph, #[case] nodes: usize) {
    assert!(graph.len() > nodes)
}
"#,
    ),
    (
        "A return value that only the function can create.",
        r#"
#[cached_smoke(repo = "django")]
fn judged(graph: &DependencyGraph) -> Verdict {
    graph.judge()
}
"#,
    ),
    (
        "An open type, which no signature may contain.",
        r#"
#[cached_smoke(repo = "django")]
fn asks_for_more(session: &Session<_>, graph: &DependencyGraph) {
    session.get::<SparseIndex>()
}
"#,
    ),
];

#[test]
fn expansions_match_the_snapshot() {
    let shown = snapshot("cached_smoke", &SHOWN, |arguments, item| expand(arguments, item, None));
    expect_file!["expansion.snapshot.rs"].assert_eq(&shown);
}
