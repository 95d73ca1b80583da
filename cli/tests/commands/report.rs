//! `report`: its numbers match what the tests did.

use std::fs;

use serde_json::{Value, json};
use test_support::{Project, text};

use crate::{json, out, project, smoke_cache, smoke_cache_with};

/// Runs two tests over one artifact, one after the other, under cargo test. Returns the report of the run.
fn run(project: &Project, variables: &[(&str, &str)]) -> Value {
    let run = smoke_cache_with(project, variables, &["test", "--runner", "cargo", "--", "--", "--test-threads=1"]);
    assert!(run.status.success(), "{}{}", text(&run.stdout), text(&run.stderr));
    json(&smoke_cache(project, &["report", "--json"]))[0].clone()
}

fn outcomes(run: &Value) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for record in run["records"].as_array().unwrap() {
        for artifact in record["artifacts"].as_array().unwrap() {
            *counts.entry(artifact["outcome"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
    }
    counts.into_iter().collect()
}

#[track_caller]
fn assert_close(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-9, "{left} {right}");
}

#[test]
fn outcomes_and_sums_match_what_the_tests_did() {
    let project = project("summed");
    let one = |outcome: &str, count| (outcome.to_owned(), count);
    for (variables, expected, hits, artifacts, builds) in [
        (&[][..], vec![one("built", 1), one("shared", 1)], 0, 1, 1),
        (&[], vec![one("hit", 2)], 1, 1, 0),
        (&[("SMOKE_FORCE_REBUILD", "one")], vec![one("forced", 1), one("shared", 1)], 0, 1, 1),
        (&[("SMOKE_CACHE", "off")], vec![one("bypassed", 2)], 0, 1, 1),
        (
            &[("SMOKE_CACHE_DIR", ""), ("SMOKE_ON_MISS", "skip"), ("SMOKE_STRICT", "1")],
            vec![one("skipped", 2)],
            0,
            0,
            0,
        ),
    ] {
        let is_skipped = expected[0].0 == "skipped";
        if is_skipped {
            out(&smoke_cache(&project, &["clean"]), 0);
        }
        let variables: Vec<_> = variables.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
        let run = run(&project, &variables);
        assert_eq!(outcomes(&run), expected, "{run}");
        assert_eq!(
            (&run["hits"], &run["artifacts"], &run["tests"]),
            (&hits.into(), &artifacts.into(), &2.into()),
            "{run}"
        );
        assert_eq!(project.take_log().len(), builds, "{run}");
        for sum in ["rebuild_seconds", "restore_seconds", "wait_seconds"] {
            let parts =
                run["records"].as_array().unwrap().iter().flat_map(|record| record["artifacts"].as_array().unwrap());
            assert_close(parts.map(|part| part[sum].as_f64().unwrap()).sum(), run[sum].as_f64().unwrap());
        }
        assert_eq!(run["rebuild_seconds"].as_f64().unwrap() > 0.0, builds > 0, "{run}");
    }
}

#[test]
fn reports_of_one_and_many_runs_in_each_format() {
    let project = project("reported");
    let nothing = smoke_cache(&project, &["report"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(text(&nothing.stderr).contains(" has no record of a run\nhelp: "), "{}", text(&nothing.stderr));
    run(&project, &[("SMOKE_RUN_ID", "first")]);
    run(&project, &[("SMOKE_RUN_ID", "second")]);

    let latest = out(&smoke_cache(&project, &["report"]), 0);
    assert!(
        latest.starts_with("run second\n") && latest.contains("hit rate: 100 %: 1 of 1 artifact restored"),
        "{latest}"
    );
    let first = out(&smoke_cache(&project, &["report", "--run", "first"]), 0);
    assert!(first.contains("built 1 artifact in ") && first.contains("one number: built: first build"), "{first}");
    let unknown = smoke_cache(&project, &["report", "--run", "third"]);
    assert!(
        text(&unknown.stderr).contains("no run has the id `third`\nhelp: name one of the latest runs: second, first"),
        "{}",
        text(&unknown.stderr)
    );

    let both = json(&smoke_cache(&project, &["report", "--last", "9", "--json"]));
    assert_eq!((&both[0]["run"], &both[1]["run"]), (&"first".into(), &"second".into()));
    assert!(both[1]["cache"]["bytes"].as_u64().unwrap() > 0, "{both}");
    let table = out(&smoke_cache(&project, &["report", "--last", "9"]), 0);
    assert!(table.contains("first ") && table.contains("100 %"), "{table}");

    let markdown = out(&smoke_cache(&project, &["report", "--last", "2", "--markdown"]), 0);
    let titles: Vec<&str> = markdown.lines().filter(|line| line.starts_with("### ")).collect();
    assert_eq!(
        titles,
        ["### Smoke cache: 1 of 1 artifacts hit (100 %)", "### Smoke cache: 0 of 1 artifacts hit (0 %)"]
    );
    assert!(markdown.contains("| one | number | hit | - |"), "{markdown}");
}

/// The events of a trace that this tool writes, after the description of the Trace Event Format.
fn trace_schema() -> Value {
    let number = json!({ "type": "integer", "minimum": 0 });
    let text = json!({ "type": "string", "minLength": 1 });
    json!({
        "type": "object",
        "required": ["traceEvents"],
        "properties": {
            "displayTimeUnit": { "enum": ["ms", "ns"] },
            "traceEvents": { "type": "array", "items": { "oneOf": [
                {
                    "required": ["ph", "name", "cat", "ts", "dur", "pid", "tid", "args"],
                    "properties": {
                        "ph": { "const": "X" }, "name": text, "cat": text, "ts": number, "dur": number,
                        "pid": number, "tid": number, "args": { "type": "object" },
                    },
                    "additionalProperties": false,
                },
                {
                    "required": ["ph", "name", "pid", "tid", "args"],
                    "properties": {
                        "ph": { "const": "M" }, "name": { "enum": ["process_name", "thread_name"] },
                        "pid": number, "tid": number,
                        "args": { "type": "object", "required": ["name"], "properties": { "name": text } },
                    },
                    "additionalProperties": false,
                },
            ] } },
        },
        "additionalProperties": false,
    })
}

#[test]
fn trace_has_the_activities_of_all_processes() {
    let project = Project::with_suite("traced");
    let traced = |id: &str| {
        run(&project, &[("SMOKE_RUN_ID", id)]);
        let trace: Value =
            serde_json::from_str(&out(&smoke_cache(&project, &["report", "--format", "trace"]), 0)).unwrap();
        let validator = jsonschema::validator_for(&trace_schema()).unwrap();
        let errors: Vec<String> = validator.iter_errors(&trace).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "{trace:#}");
        trace["traceEvents"].as_array().unwrap().clone()
    };
    let categories = |events: &[Value]| {
        let mut found: Vec<String> =
            events.iter().filter_map(|event| event["cat"].as_str().map(str::to_owned)).collect();
        found.sort();
        found.dedup();
        found
    };
    let first = traced("first");
    assert!(categories(&first).contains(&"build".to_owned()), "{first:?}");
    let build = first.iter().find(|event| event["cat"] == "build").unwrap();
    assert_eq!((&build["name"], &build["args"]["outcome"]), (&json!("build number of one"), &json!("built")));
    let second = traced("second");
    assert_eq!(categories(&second), ["restore"], "{second:?}");
    let mut processes: Vec<&Value> = second.iter().map(|event| &event["pid"]).collect();
    processes.dedup();
    assert_eq!(processes.len(), 2, "one for each test binary: {second:?}");
    assert!(second.iter().any(|event| event["ts"] == 0), "time begins with the first activity: {second:?}");
}

#[test]
fn reports_for_continuous_integration() {
    let project = project("integrated");
    run(&project, &[]);
    let job_summary = project.path("job-summary");
    fs::write(&job_summary, "before\n").unwrap();
    let variables = [("GITHUB_STEP_SUMMARY", job_summary.to_str().unwrap())];
    let annotations = out(&smoke_cache_with(&project, &variables, &["report", "--format", "github"]), 0);
    assert!(annotations.contains("::notice title=Smoke cache::built 1 artifact in "), "{annotations}");
    let markdown = out(&smoke_cache(&project, &["report", "--format", "markdown"]), 0);
    assert_eq!(fs::read_to_string(&job_summary).unwrap().trim_end(), format!("before\n{}", markdown.trim_end()));

    let wrote = out(&smoke_cache(&project, &["report", "--format", "junit", "--output", "fixtures.xml"]), 0);
    assert_eq!(wrote, format!("wrote {}\n", project.path("fixtures.xml").display()));
    let junit = fs::read_to_string(project.path("fixtures.xml")).unwrap();
    assert!(junit.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "), "{junit}");
    assert!(junit.contains("<testsuite name=\"fixtures\" tests=\"1\" failures=\"0\" errors=\"0\" "), "{junit}");
    assert!(junit.contains("<testcase classname=\"one\" name=\"number\" time=\""), "{junit}");

    let both = smoke_cache(&project, &["report", "--format", "junit", "--json"]);
    assert_eq!(both.status.code(), Some(2), "{}", text(&both.stdout));
}

/// Returns a sum, as the page shows it.
fn seconds(run: &Value, sum: &str) -> String {
    format!("{:.3} s", run[sum].as_f64().unwrap())
}

#[test]
fn html_page_has_the_numbers_of_the_json_report() {
    let project = project("page");
    run(&project, &[("SMOKE_RUN_ID", "first")]);
    run(&project, &[("SMOKE_RUN_ID", "second")]);
    let told = out(&smoke_cache(&project, &["report", "--html", "page.html"]), 0);
    assert_eq!(told, format!("wrote {}\n", project.path("page.html").display()));
    let page = fs::read_to_string(project.path("page.html")).unwrap();

    let runs = json(&smoke_cache(&project, &["report", "--last", "9", "--json"]));
    let cell = |column: &str, value: &str| format!(" data-column=\"{column}\">{value}</td>");
    for (run, rate) in runs.as_array().unwrap().iter().zip(["0 %", "100 %"]) {
        let line = page.lines().find(|line| line.contains(&cell("run", run["run"].as_str().unwrap()))).unwrap();
        for (column, value) in [
            ("tests", run["tests"].to_string()),
            ("artifacts", run["artifacts"].to_string()),
            ("hit rate", rate.to_owned()),
            ("build", seconds(run, "rebuild_seconds")),
            ("saved", seconds(run, "saved_seconds")),
        ] {
            assert!(line.contains(&cell(column, &value)), "{column} {value}: {line}");
        }
    }
    let sum = |name| runs.as_array().unwrap().iter().map(|run| run[name].as_f64().unwrap()).sum::<f64>();
    let artifact = page.lines().find(|line| line.contains(&cell("repo", "one")) && line.contains(">number<")).unwrap();
    assert!(artifact.contains(&cell("restore", &format!("{:.3} s", sum("restore_seconds")))), "{artifact}");
    assert!(artifact.contains(&cell("build", &format!("{:.3} s", sum("rebuild_seconds")))), "{artifact}");
    assert!(page.contains(runs[1]["records"][0]["artifacts"][0]["key"].as_str().unwrap()), "{page}");
    assert!(page.contains("<strong>first build</strong> <b>1</b>"), "{page}");

    out(&smoke_cache(&project, &["report", "--run", "first", "--html", "page.html"]), 0);
    let page = fs::read_to_string(project.path("page.html")).unwrap();
    assert!(page.contains("<p>1 run, ") && !page.contains(&cell("run", "second")), "{page}");
    out(&smoke_cache(&project, &["report", "--last", "1", "--html", "page.html"]), 0);
    let page = fs::read_to_string(project.path("page.html")).unwrap();
    assert!(page.contains("No misses.") && page.contains(&cell("run", "second")), "{page}");

    let nowhere = smoke_cache(&project, &["report", "--html", "not/there.html"]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(
        text(&nowhere.stderr).starts_with("error: failed to create file `not/there.html`: "),
        "{}",
        text(&nowhere.stderr)
    );
    for other in ["--json", "--markdown"] {
        let both = smoke_cache(&project, &["report", "--html", "other.html", other]);
        assert_eq!(both.status.code(), Some(2));
        assert!(text(&both.stderr).contains("cannot be used with"), "{}", text(&both.stderr));
    }
    assert!(!project.path("other.html").exists());
}

/// The reader of standard output may stop, as in `cargo smoke-cache list | head -1`.
#[test]
fn closed_standard_output_is_no_error() {
    let project = project("cut");
    run(&project, &[]);
    let script = format!("'{}' smoke-cache report | true", env!("CARGO_BIN_EXE_cargo-smoke-cache"));
    let mut shell = project.command("sh");
    let output = shell.args(["-c", &script]).output().unwrap();
    assert_eq!(text(&output.stderr), "");
    assert!(fs::metadata(project.path("cache")).is_ok());
}
