//! Tests of a project without `smoke.toml`.
#![deny(warnings)]

use cached_smoke::{CacheReport, NoSuite, Scratch, Session, artifact, cached_smoke};
use project::Model;

#[artifact]
fn squares() -> Vec<u64> {
    project::log("build of squares");
    (0..10).map(|number| number * number).collect()
}

#[cached_smoke]
fn by_reference(squares: &Vec<u64>) {
    project::log("front_door::by_reference");
    assert_eq!(squares[3], 9);
}

#[cached_smoke]
fn by_value(mut squares: Vec<u64>, shared: &Vec<u64>) {
    project::log("front_door::by_value");
    squares.push(100);
    assert_eq!((squares.len(), shared.len()), (11, 10));
}

#[cached_smoke]
fn private_copy(mut squares: Scratch<Vec<u64>>) {
    project::log("front_door::private_copy");
    squares.clear();
    assert!(std::fs::read_dir(squares.dir()).is_ok_and(|files| files.count() > 0));
}

#[cached_smoke(repos = [])]
fn no_repositories(squares: &Vec<u64>, report: &CacheReport) {
    project::log("front_door::no_repositories");
    assert!(report.artifacts.iter().any(|artifact| artifact.artifact == "squares"));
    assert_eq!(squares.len(), 10);
}

#[cached_smoke]
fn of_the_library(model: &Model) {
    project::log("front_door::of_the_library");
    assert_eq!(model.0.len(), 2);
}

#[cached_smoke]
#[tokio::test]
async fn in_a_runtime(squares: &Vec<u64>) {
    project::log("front_door::in_a_runtime");
    tokio::task::yield_now().await;
    assert_eq!(squares.len(), 10);
}

#[cached_smoke]
fn a_session(session: &Session<NoSuite>, _: &Vec<u64>) -> cached_smoke::Result<()> {
    project::log("front_door::a_session");
    assert_eq!(session.get::<squares>()?.len(), 10);
    Ok(())
}

#[test]
fn a_plain_test() -> cached_smoke::Result<()> {
    project::log("front_door::a_plain_test");
    let session = Session::<NoSuite>::without_repo(())?;
    assert_eq!(session.get::<squares>()?[2], 4);
    assert_eq!(**session.get::<project::model>()?, Model(vec![1.5, 2.5]));
    let owned: squares = session.owned()?;
    let scratch: Scratch<squares> = session.scratch()?;
    assert_eq!(*owned, **scratch);
    Ok(())
}

#[test]
fn the_function_stays_callable() {
    assert_eq!(squares()[1], 1);
}
