//! Parameters: any of these types, in any order, with any pattern.

use super::support::{Smoke, cached_smoke};
use cached_smoke::{CacheReport, Outcome, Repo, Session};
use project::{Counted, Graph, Index};

#[cached_smoke(repo = "one")]
fn one(graph: &Graph) {
    project::log("parameters::one");
    assert_eq!(graph.names, ["file"]);
}

#[cached_smoke(repo = "one")]
fn all(report: &CacheReport, index: &Index, session: &Session<Smoke>, graph: &Graph, repo: &Repo) {
    project::log("parameters::all");
    assert_eq!(index.0, graph.names.len());
    assert_eq!(repo.name(), "one");
    assert_eq!(session.config().added, 0);
    assert!(report.outcome().is_some_and(|outcome| outcome != Outcome::Failed));
}

// Another suite of this binary has `Counted`, too.
#[cached_smoke(repo = "one", suite = Smoke)]
fn patterns(_: &Counted<Vec<u8>>, Graph { names }: &Graph, Index(count): &Index) {
    project::log("parameters::patterns");
    assert_eq!(names.len(), *count);
}

#[cached_smoke(repo = "one", suite = Smoke)]
#[allow(unused_parens)]
fn bindings(mut graph: &Graph, #[allow(unused_variables)] index: &(Index), whole @ Counted(..): &Counted<Vec<u8>>) {
    static NONE: Graph = Graph { names: Vec::new() };
    project::log("parameters::bindings");
    assert_eq!(graph.names.len(), whole.0);
    graph = &NONE;
    assert!(graph.names.is_empty());
}

#[cached_smoke(repo = "one")]
#[allow(unused_qualifications)]
fn paths(graph: &::project::Graph, index: &self::Index, repo: &cached_smoke::Repo) {
    project::log("parameters::paths");
    assert_eq!((graph.names.len(), index.0, repo.name()), (1, 1, "one"));
}

#[cached_smoke(repo = "one", suite = Smoke)]
fn only_the_repository(repo: &Repo) {
    project::log("parameters::only_the_repository");
    assert!(repo.path().join("file").is_file());
}

#[allow(unused_qualifications)]
#[cached_smoke(repo = "one", suite = super::support::Smoke)]
fn none() {
    project::log("parameters::none");
}

#[cached_smoke(repo = "one")]
fn only_the_session(session: &Session<Smoke>) -> cached_smoke::Result<()> {
    project::log("parameters::only_the_session");
    let Index(count) = session.owned()?;
    assert_eq!(count, session.get::<Graph>()?.names.len());
    Ok(())
}

#[cached_smoke(repo = "one")]
fn an_open_session(session: &Session<_>, graph: &Graph) -> cached_smoke::Result<()> {
    project::log("parameters::an_open_session");
    if session.config().added == 0 {
        assert_eq!(session.get::<Index>()?.0, graph.names.len());
        return Ok(());
    }
    Err("it is 0".into())
}

#[cached_smoke(repos = ["one"], suite = Smoke)]
#[tokio::test]
async fn an_open_session_alone(session: &Session<_>) {
    project::log("parameters::an_open_session_alone");
    assert_eq!(session.get::<Index>().map(|index| index.0).unwrap_or_default(), 1);
}
