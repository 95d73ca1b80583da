//! Tests over several repositories, and over all.

use super::support::cached_smoke;
use cached_smoke::Repo;
use project::Graph;

#[cached_smoke(repos = ["one", "scikit-learn"])]
fn several(graph: &Graph, repo: &Repo) {
    project::log(&format!("repositories::several over {}", repo.name()));
    assert_eq!(graph.names, ["file"]);
}

#[cached_smoke]
fn every(_: &Graph, repo: &Repo) {
    project::log(&format!("repositories::every over {}", repo.name()));
}

#[cached_smoke()]
#[tokio::test]
async fn every_async(_: &Graph, repo: &Repo) -> Result<(), std::io::Error> {
    project::log(&format!("repositories::every_async over {}", repo.name()));
    Ok(())
}
