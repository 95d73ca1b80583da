//! Compares whole expansions of the attribute with `expansion.snapshot.rs`.
//!
//! `UPDATE_EXPECT=1 cargo test -p cached-smoke-macros expansion` updates the snapshot.

use super::super::expand;
use expect_test::expect_file;
use syn::{ItemFn, Meta};

/// Functions with the attribute, and the point of each.
const SHOWN: [(&str, &str); 5] = [
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
    let shown = SHOWN.map(|(point, source)| format!("{}\n{}", commented(point, source), expanded(source)));
    expect_file!["expansion.snapshot.rs"].assert_eq(&shown.join("\n"));
}

fn commented(point: &str, source: &str) -> String {
    let mut lines = vec![format!("// {point}"), "//".to_owned()];
    lines.extend(source.trim().lines().map(|line| format!("//     {line}")));
    lines.join("\n") + "\n"
}

fn expanded(source: &str) -> String {
    let mut item: ItemFn = syn::parse_str(source).expect("a function");
    let ours = item.attrs.iter().position(|attribute| attribute.path().is_ident("cached_smoke")).expect("ours");
    let Meta::List(arguments) = item.attrs.remove(ours).meta else { panic!("it has arguments") };
    let expansion = expand(arguments.tokens, quote::quote!(#item), None);
    prettyplease::unparse(&syn::parse2(expansion).expect("items"))
}
