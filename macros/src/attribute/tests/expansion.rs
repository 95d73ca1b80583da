//! The whole of what the attribute emits, for people to read: `expansion.snapshot.rs`.
//!
//! `UPDATE_EXPECT=1 cargo test -p cached-smoke-macros expansion` writes it anew.

use super::super::expand;
use expect_test::expect_file;
use syn::{ItemFn, Meta};

/// What people write, and why it is shown.
const SHOWN: [(&str, &str); 5] = [
    (
        "One test: the function of the user's name, with what the user wrote inside.",
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
        "A test for each repository: a function that runs on any, and a module of tests that call it.",
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
        "An async test: its fixture is had outside of the runtime.",
        r#"
#[cached_smoke(repo = "django", suite = Smoke, crate = support::smoke)]
#[tokio::test]
async fn served() {
    serve().await;
}
"#,
    ),
    (
        "A value that only the function can make.",
        r#"
#[cached_smoke(repo = "django")]
fn judged(graph: &DependencyGraph) -> Verdict {
    graph.judge()
}
"#,
    ),
    (
        "An open type, which no function's signature may have.",
        r#"
#[cached_smoke(repo = "django")]
fn asks_for_more(session: &Session<_>, graph: &DependencyGraph) {
    session.get::<SparseIndex>()
}
"#,
    ),
];

#[test]
fn a_reader_can_understand_the_expansion() {
    let shown = SHOWN.map(|(why, source)| format!("{}\n{}", commented(why, source), expanded(source)));
    expect_file!["expansion.snapshot.rs"].assert_eq(&shown.join("\n"));
}

fn commented(why: &str, source: &str) -> String {
    let mut lines = vec![format!("// {why}"), "//".to_owned()];
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
