use std::fs::File;
use std::io::Write;

use super::records::append;
use super::*;

fn artifact(name: &str, outcome: Outcome, reason: &str) -> ArtifactReport {
    ArtifactReport {
        artifact: name.to_owned(),
        outcome,
        reason: reason.to_owned(),
        key: "django:40cfbab0b4f1:5d0c6a1be2f94c77".to_owned(),
        bytes: 1,
        metrics: std::collections::BTreeMap::from([("nodes".to_owned(), 3.0)]),
        rebuild_seconds: 1.5,
        build_seconds: 1.5,
        restore_seconds: 0.004,
        wait_seconds: 0.0,
        remote_seconds: 0.0,
        remote_bytes: 0,
        remote_error: None,
        verified: None,
        spans: Vec::new(),
    }
}

fn report(artifacts: Vec<ArtifactReport>) -> CacheReport {
    CacheReport {
        run: "r".to_owned(),
        test: "finds_queryset".to_owned(),
        binary: "b".to_owned(),
        pid: 1,
        number: 0,
        time: 2,
        repo: "django".to_owned(),
        artifacts,
    }
}

#[test]
fn the_line_of_a_hit() {
    let hit =
        |name| ArtifactReport { rebuild_seconds: 0.0, restore_seconds: 0.002, ..artifact(name, Outcome::Hit, "") };
    assert_eq!(
        report(vec![hit("graph"), hit("sparse_index")]).to_string(),
        "[smoke-cache] test=finds_queryset repo=django artifact=graph,sparse_index cache_hit=1 cache_miss=0 \
         rebuild_seconds=0.000 restore_seconds=0.004 wait_seconds=0.000 reason=- \
         key=django:40cfbab0b4f1:5d0c6a1be2f94c77"
    );
}

#[test]
fn one_miss_makes_the_test_a_miss_with_a_quoted_reason() {
    let line = report(vec![artifact("graph", Outcome::Hit, ""), artifact("b", Outcome::Built, "a \"b\"\nc")]);
    assert_eq!((line.cache_hit(), line.cache_miss(), line.outcome()), (false, true, Some(Outcome::Built)));
    assert!(line.to_string().contains(" reason=\"a 'b' c\" "), "{line}");
}

#[test]
fn saved_seconds_are_build_minus_restore_for_hits_only() {
    let line = report(vec![artifact("a", Outcome::Hit, ""), artifact("b", Outcome::Shared, "")]);
    assert!((line.saved_seconds() - 2.0 * (1.5 - 0.004)).abs() < 1e-9);
    for outcome in [Outcome::Built, Outcome::Forced, Outcome::Bypassed, Outcome::Skipped, Outcome::Failed] {
        assert!(report(vec![artifact("a", outcome, "")]).saved_seconds().abs() < 1e-9, "{outcome}");
    }
    assert!(report(vec![artifact("a", Outcome::Hit, "").again()]).saved_seconds().abs() < 1e-9);
}

#[test]
fn restored_artifact_has_no_reason_of_a_miss() {
    let again = report(vec![artifact("graph", Outcome::Built, "first build").again()]);
    assert_eq!((again.outcome(), again.cache_hit()), (Some(Outcome::Shared), true));
    let line = again.to_string();
    assert!(line.contains(" cache_hit=1 ") && line.contains(" reason=- "), "{line}");
    let private = artifact("graph", Outcome::Bypassed, "SMOKE_CACHE=off").again();
    assert_eq!((private.outcome, private.reason.as_str()), (Outcome::Bypassed, "SMOKE_CACHE=off"));
}

#[test]
fn time_in_dependencies_counts_in_their_reports_only() {
    let mut report = ArtifactReport::new("graph", "k", "");
    let begun = std::time::Instant::now().checked_sub(std::time::Duration::from_secs(3)).expect("a running machine");
    report.spend(Activity::Build, begun, std::time::Duration::from_secs(2));
    assert!((1.0..2.0).contains(&report.rebuild_seconds), "{report:?}");
    let [span] = report.spans[..] else { panic!("one span: {report:?}") };
    assert!(span.activity == Activity::Build && span.seconds >= 3.0, "{span:?}");
}

#[test]
fn later_tests_of_a_process_have_the_metrics() {
    let first = artifact("graph", Outcome::Built, "first build");
    assert!(!first.metrics.is_empty());
    assert_eq!(first.again().metrics, first.metrics);
}

#[test]
fn skipped_and_empty_reports_are_neither_hit_nor_miss() {
    for empty in [report(vec![]), report(vec![artifact("a", Outcome::Skipped, "x")])] {
        assert_eq!((empty.cache_hit(), empty.cache_miss()), (false, false));
    }
}

#[test]
fn reports_are_read_back_without_truncated_lines() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join(".runs/r/telemetry.jsonl");
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
    let written = report(vec![artifact("graph", Outcome::Built, "first build")]);
    append(&path, &written).expect("appended");
    let text = std::fs::read_to_string(&path).expect("readable");
    assert!(text.contains("\"outcome\":\"built\",\"cache_hit\":false,\"cache_miss\":true,"), "{text}");
    assert!(text.contains("\"metrics\":{\"nodes\":3.0}"), "{text}");
    File::options().append(true).open(&path).expect("opened").write_all(b"{\"run\":").expect("written");
    assert_eq!(read_reports(directory.path(), "r").expect("readable"), [written]);
    assert_eq!(read_reports(directory.path(), "none").expect("a missing run is not an error"), []);
}
