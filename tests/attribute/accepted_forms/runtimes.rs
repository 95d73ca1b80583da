//! Attributes of other crates beside `#[cached_smoke]`.

use super::support::{Smoke, cached_smoke};
use cached_smoke::Session;
use googletest::prelude::{expect_that, gt, len, verify_that};
use project::{Graph, Index};
use serial_test::serial;
use std::time::Duration;

#[cached_smoke(repo = "one")]
#[tokio::test]
async fn tokio_below(graph: &Graph) {
    tokio::task::yield_now().await;
    project::log("runtimes::tokio_below");
    assert_eq!(graph.names, ["file"]);
}

#[tokio::test]
#[cached_smoke(repo = "one")]
async fn tokio_above(graph: &Graph) -> Result<(), tokio::task::JoinError> {
    tokio::spawn(async {}).await?;
    project::log("runtimes::tokio_above");
    assert_eq!(graph.names, ["file"]);
    Ok(())
}

// No other test has this configuration, so a test within a runtime builds the artifact.
#[cached_smoke(repo = "one", config = super::support::Config { added: 8 })]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokio_below_with_arguments(_: &Index) -> Result<(), tokio::task::JoinError> {
    tokio::task::spawn_blocking(|| {}).await?;
    project::log("runtimes::tokio_below_with_arguments");
    Ok(())
}

#[tokio::test(start_paused = true)]
#[cached_smoke(repo = "one", config = super::support::Config { added: 7 })]
async fn tokio_above_with_arguments(Index(count): &Index) {
    tokio::time::sleep(Duration::from_secs(3600)).await;
    project::log("runtimes::tokio_above_with_arguments");
    assert_eq!(*count, 8);
}

#[cached_smoke(repos = ["one"])]
#[tokio::test]
#[should_panic(expected = "late")]
async fn tokio_panics(graph: &Graph) {
    tokio::task::yield_now().await;
    project::log("runtimes::tokio_panics");
    assert!(graph.names.is_empty(), "late");
}

/// A request in the body of the test is served outside of the runtime, too.
#[cached_smoke(repo = "one", suite = Smoke, config = super::support::Config { added: 99 })]
#[tokio::test]
async fn asks_inside_of_a_runtime(session: &Session<_>) {
    project::log("runtimes::asks_inside_of_a_runtime");
    let index = session.owned::<Index>();
    assert_eq!(index.map(|index| index.0).unwrap_or_default(), 100);
}

mod renamed {
    pub(crate) use tokio::test;
}

#[cached_smoke(repos = ["one"])]
#[self::renamed::test]
async fn tokio_by_a_relative_path(_: &Graph) {
    project::log("runtimes::tokio_by_a_relative_path");
}

#[cached_smoke(repo = "one", suite = Smoke)]
#[test_log::test]
fn test_log_below(_: &Index) {
    project::log("runtimes::test_log_below");
}

#[test_log::test]
#[cached_smoke(repo = "one")]
fn test_log_above(_: &Graph) {
    project::log("runtimes::test_log_above");
}

#[cached_smoke(repo = "one")]
#[test_log::test(tokio::test)]
async fn test_log_and_tokio(_: &Graph) {
    tokio::task::yield_now().await;
    project::log("runtimes::test_log_and_tokio");
}

#[cached_smoke(repo = "one")]
#[googletest::test]
fn googletest_below(graph: &Graph) -> googletest::Result<()> {
    project::log("runtimes::googletest_below");
    expect_that!(graph.names, len(gt(0)));
    verify_that!(graph.names.len(), gt(0))
}

#[cached_smoke(repos = ["one"])]
#[googletest::gtest]
fn googletest_without_result(graph: &Graph) {
    project::log("runtimes::googletest_without_result");
    expect_that!(graph.names, len(gt(0)));
}

#[cached_smoke(repo = "one")]
#[googletest::gtest]
#[tokio::test]
async fn googletest_and_tokio(graph: &Graph) {
    tokio::task::yield_now().await;
    project::log("runtimes::googletest_and_tokio");
    expect_that!(graph.names, len(gt(0)));
}

#[cached_smoke(repo = "one")]
#[serial]
fn serial_unit(_: &Graph) {
    project::log("runtimes::serial_unit");
}

#[cached_smoke(repos = ["one"])]
#[serial(files)]
fn serial_result(_: &Graph) -> Result<(), String> {
    project::log("runtimes::serial_result");
    Ok(())
}
