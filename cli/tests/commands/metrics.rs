//! The metrics of a build, in `list` and in each form of `report`.

use std::fs;

use serde_json::json;
use test_support::{Project, SUITE};

use crate::{json, out, project, smoke_cache, smoke_cache_with};

/// Returns a project whose build records two metrics.
fn project_with_metrics(name: &str) -> Project {
    let project = project(name);
    let suite = fs::read_to_string(project.path(SUITE)).unwrap();
    let suite = suite.replace("fn build(_:", "fn build(cx:").replace(
        "        Ok(Number(project::number()))",
        "        cx.metric(\"value\", project::number());\n        cx.metric(\"over\", 0.25);\n        \
                Ok(Number(project::number()))",
    );
    project.write(SUITE, &suite);
    project
}

#[test]
fn metrics_are_listed_and_reported() {
    let project = project_with_metrics("measured");
    let run = |id: &str| out(&smoke_cache_with(&project, &[("SMOKE_RUN_ID", id)], &["test", "--runner", "cargo"]), 0);
    assert!(run("first").contains("\none number: over=0.25 value=1\n"));
    project.write("src/lib.rs", "pub fn number() -> u32 { 7 }\n");
    assert!(run("second").contains("\none number: over=0.25 value=7\n"));
    // Restored.
    assert!(run("third").contains("\none number: over=0.25 value=7\n"));

    let table = out(&smoke_cache(&project, &["list"]), 0);
    assert!(table.lines().next().unwrap().contains(" metrics "), "{table}");
    assert!(table.contains(" over=0.25 value=1 ") && table.contains(" over=0.25 value=7 "), "{table}");
    let rows = json(&smoke_cache(&project, &["list", "--json"]));
    assert_eq!(rows[0]["metrics"], json!({ "over": 0.25, "value": 7.0 }), "{rows}");

    let report = out(&smoke_cache(&project, &["report"]), 0);
    assert!(report.contains("\none number: over=0.25 value=7\n"), "{report}");
    let runs = json(&smoke_cache(&project, &["report", "--last", "9", "--json"]));
    let values: Vec<_> = (0..3).map(|run| &runs[run]["records"][0]["artifacts"][0]["metrics"]["value"]).collect();
    assert_eq!(values, [&json!(1.0), &json!(7.0), &json!(7.0)], "{runs}");
    let markdown = out(&smoke_cache(&project, &["report", "--markdown"]), 0);
    assert!(markdown.ends_with("\n\n- one number: over=0.25 value=7\n"), "{markdown}");

    out(&smoke_cache(&project, &["report", "--html", "page.html"]), 0);
    let page = fs::read_to_string(project.path("page.html")).unwrap();
    assert_eq!(page.matches("<h2>one number: ").count(), 2, "{page}");
    let (_, chart) = page.split_once("<h2>one number: value</h2>").unwrap();
    for point in ["first, ", "second, ", "third, "] {
        let (_, tooltip) = chart.split_once(&format!("<title>{point}")).unwrap();
        let value = if point == "first, " { ": 1" } else { ": 7" };
        assert!(tooltip.split_once("</title>").unwrap().0.ends_with(value), "{tooltip}");
    }
}

#[test]
fn artifacts_without_metrics_have_no_column() {
    let project = project("unmeasured");
    out(&smoke_cache(&project, &["populate"]), 0);
    assert!(!out(&smoke_cache(&project, &["list"]), 0).contains("metrics"));
    assert_eq!(json(&smoke_cache(&project, &["list", "--json"]))[0]["metrics"], json!({}));
    let run = smoke_cache(&project, &["test", "--runner", "cargo"]);
    assert!(!out(&run, 0).contains("one number: \n"));
    out(&smoke_cache(&project, &["report", "--html", "page.html"]), 0);
    assert!(!fs::read_to_string(project.path("page.html")).unwrap().contains("A metric of"));
}
