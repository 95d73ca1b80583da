//! The numbers that a build records are stored with the artifact, and every test can read them.

use cached_smoke::Outcome;
use test_support::Sandbox;

use crate::Reports;

/// `serde_json` may read the last two as their neighbours.
const METRICS: &str = "nodes 1200\nthird 0.3333333333333333\nsum 0.30000000000000004\nratio 0.12345679012345678";

#[test]
fn each_test_reads_what_the_build_recorded() {
    let sandbox = Sandbox::new();
    let expected = "metrics={\"files\": 1.0, \"nodes\": 1200.0, \"ratio\": 0.12345679012345678, \
                    \"sum\": 0.30000000000000004, \"third\": 0.3333333333333333}\n";
    // In the process of the build, in another one, and below nextest.
    for (order, runner, outcome) in
        [(METRICS, "", Outcome::Built), ("", "", Outcome::Hit), ("", "1", Outcome::Hit), ("", "", Outcome::Hit)]
    {
        let run = sandbox.run("reads_the_metrics").env("SUBJECT_METRICS", order).env("NEXTEST", runner);
        let done = run.passes();
        assert_eq!(done.outcome("count"), outcome);
        assert!(done.stdout.contains(expected), "{}", done.stdout);
        assert_eq!(done.report("count").metrics["nodes"].to_string(), "1200");
    }
}

#[test]
fn metrics_of_a_builder_process_reach_its_test() {
    let sandbox = Sandbox::new();
    for cache in ["read-write", "off"] {
        let run = sandbox.run("reads_the_metrics").env("SUBJECT_METRICS", METRICS).env("NEXTEST", "1");
        let done = run.env("SMOKE_CACHE", cache).passes();
        assert!(done.stdout.contains("\"sum\": 0.30000000000000004"), "{cache}: {}", done.stdout);
    }
}

#[test]
fn mistaken_metric_fails_the_build() {
    for (order, mistake) in [
        ("nodes NaN", "the metric `nodes` is NaN"),
        ("nodes inf", "the metric `nodes` is inf"),
        ("nodes 1\nnodes 1", "the metric `nodes` is recorded twice"),
        ("na/me 1", "invalid metric name `na/me`"),
    ] {
        let sandbox = Sandbox::new();
        let done = sandbox.run("reads_the_metrics").env("SUBJECT_METRICS", order).fails();
        let expected = format!("failed to build `count` of bookshop\n  because: {mistake}\n    help: ");
        assert!(done.stderr.contains(&expected), "{}", done.stderr);
        assert_eq!(done.outcome("count"), Outcome::Failed);
        assert!(sandbox.entry_files().is_empty(), "nothing is stored");
    }
}

#[test]
fn rebuilt_artifact_has_the_metrics_of_its_last_build() {
    let sandbox = Sandbox::new();
    sandbox.run("reads_the_metrics").env("SUBJECT_METRICS", "nodes 1\nedges 2").passes();
    let forced = sandbox.run("reads_the_metrics").env("SMOKE_FORCE_REBUILD", "all").env("SUBJECT_METRICS", "nodes 3");
    assert!(forced.passes().stdout.contains("metrics={\"files\": 1.0, \"nodes\": 3.0}"));
    assert!(sandbox.run("reads_the_metrics").passes().stdout.contains("metrics={\"files\": 1.0, \"nodes\": 3.0}"));
}
