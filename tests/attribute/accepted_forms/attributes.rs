//! Attributes of the language beside `#[cached_smoke]`.

use super::support::cached_smoke;
use project::Graph;

/// A doc comment.
#[cached_smoke(repo = "one")]
#[doc = "More of it."]
#[expect(unused_variables, reason = "a lint")]
#[inline(never)]
fn documented(graph: &Graph) {
    project::log("attributes::documented");
    let unused = 1;
}

#[cached_smoke(repo = "one")]
#[test]
fn test_said(_: &Graph) {
    project::log("attributes::test_said");
}

#[cached_smoke(repo = "one")]
#[ignore = "a reason"]
fn ignored(_: &Graph) {
    project::log("attributes::ignored");
}

#[ignore]
#[cached_smoke(repos = ["one"])]
fn ignored_above(_: &Graph) {
    project::log("attributes::ignored_above");
}

#[cached_smoke(repo = "one")]
#[should_panic(expected = "the one that is waited for")]
fn panics(graph: &Graph) {
    project::log("attributes::panics");
    assert!(graph.names.is_empty(), "the one that is waited for");
}

#[should_panic]
#[cached_smoke(repos = ["one"])]
fn panics_somehow(graph: &Graph) {
    project::log("attributes::panics_somehow");
    assert!(graph.names.is_empty());
}

#[cached_smoke(repo = "one")]
#[cfg_attr(all(), should_panic = "waited")]
fn panics_on_some_systems(graph: &Graph) {
    project::log("attributes::panics_on_some_systems");
    assert!(graph.names.is_empty(), "waited for");
}

#[cfg_attr(all(), doc = "Conditional.", allow(unused_variables))]
#[cached_smoke(repo = "one")]
#[cfg_attr(any(), should_panic)]
fn conditional(graph: &Graph) {
    project::log("attributes::conditional");
}

#[cached_smoke(repo = "one")]
#[cfg(all())]
fn configured_in(_: &Graph) {
    project::log("attributes::configured_in");
}

#[cached_smoke(repos = ["one"])]
#[cfg(any())]
fn configured_out(_: &NoSuchType) {}

/// A public test.
#[cached_smoke(repo = "one")]
pub(crate) fn visible(_: &Graph) {
    project::log("attributes::visible");
}

#[cached_smoke(repo = "one")]
fn r#match(_: &Graph) {
    project::log("attributes::r#match");
}
