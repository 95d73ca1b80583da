//! Tests over repositories: one for each if an artifact takes one, else one.

use cached_smoke::{Each, Repo, artifact, cached_smoke};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Free(u8);

#[artifact]
fn free() -> Free {
    project::log("build of free");
    Free(1)
}

#[derive(Serialize, Deserialize)]
struct Names(Vec<String>);

#[artifact]
fn names(repo: &Repo) -> std::io::Result<Names> {
    Ok(Names(project::names(repo.path())?))
}

#[derive(Serialize, Deserialize)]
struct Derived(usize);

#[artifact]
fn derived(names: &Names, free: &Free) -> Derived {
    Derived(names.0.len() + usize::from(free.0))
}

#[cached_smoke]
fn one_test(free: &Free) {
    project::log("tests::one_test");
    assert_eq!(free.0, 1);
}

#[cached_smoke]
fn one_test_by_value(mut free: Free, model: &project::Model) {
    project::log("tests::one_test_by_value");
    free.0 += 1;
    assert_eq!((free.0, model.0.len()), (2, 2));
}

#[cached_smoke]
fn of_another_crate(words: &member::StopWords) {
    project::log("tests::of_another_crate");
    assert_eq!(words.0.len(), 1);
}

#[cached_smoke]
fn every(names: &Names, free: &Free, repo: &Repo) {
    project::log(&format!("tests::every over {}", repo.name()));
    assert_eq!((names.0.len(), free.0), (1, 1));
}

#[cached_smoke]
fn every_by_a_dependency(derived: &Derived) {
    project::log("tests::every_by_a_dependency");
    assert_eq!(derived.0, 2);
}

#[cached_smoke]
fn each(all: &Each<Names>, free: &Free) {
    project::log("tests::each");
    let names: Vec<&str> = all.iter().map(|(repo, _)| repo).collect();
    assert_eq!(names, ["one", "scikit-learn"]);
    assert!(all.into_iter().all(|(_, names)| names.0.len() == usize::from(free.0)));
    assert!(all.get("scikit-learn").is_some() && all.get("none").is_none());
}

#[cached_smoke(repos = ["scikit-learn"])]
fn each_of_one(all: &Each<Derived>) {
    project::log("tests::each_of_one");
    assert_eq!((all.len(), all.is_empty()), (1, false));
}

#[cached_smoke(repo = "one")]
#[tokio::test]
async fn each_in_a_runtime(all: &Each<Names>) {
    project::log("tests::each_in_a_runtime");
    assert_eq!(all.len(), 1);
}

#[cached_smoke(repos = [])]
fn no_repositories(free: &Free) {
    project::log("tests::no_repositories");
    assert_eq!(free.0, 1);
}

#[cached_smoke(repo = "one")]
fn a_repository_that_no_artifact_takes(free: &Free, repo: &Repo) {
    project::log("tests::a_repository_that_no_artifact_takes");
    assert_eq!((free.0, repo.name()), (1, "one"));
}
