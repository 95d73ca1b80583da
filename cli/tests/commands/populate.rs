//! `populate`: builds all artifacts, and runs no test.

use std::fs;
#[cfg(unix)]
use std::io::{BufRead, BufReader};
#[cfg(unix)]
use std::process::Stdio;

use serde_json::Value;
use test_support::text;

#[cfg(unix)]
use crate::project_that_waits;
use crate::{json, out, project, schema, smoke_cache};

#[test]
fn missing_artifacts_are_built_and_no_test_runs() {
    let project = project("populated");
    // The tests fail if they run.
    let suite = fs::read_to_string(project.path("tests/a.rs")).unwrap();
    project
        .write("tests/a.rs", &suite.replace("assert_eq!(number.0, project::number());", "panic!(\"{}\", number.0);"));

    let first = smoke_cache(&project, &["populate"]);
    let stdout = out(&first, 0);
    assert_eq!(stdout, "1 of 1 artifacts are in the cache; 1 were built now\n");
    let stderr = text(&first.stderr);
    assert!(stderr.contains("number of one: built in "), "{stderr}");
    assert_eq!(project.take_log().len(), 1);

    let rows = json(&smoke_cache(&project, &["populate", "--json"]));
    assert_eq!((&rows[0]["repo"], &rows[0]["artifact"]), (&"one".into(), &"number".into()), "{rows}");
    assert_eq!((&rows[0]["state"], &rows[0]["reason"]), (&"present".into(), &Value::Null), "{rows}");
    let second = smoke_cache(&project, &["populate", "one", "--runner", "cargo"]);
    assert_eq!(out(&second, 0), "1 of 1 artifacts are in the cache; 0 were built now\n");
    assert_eq!(project.take_log().len(), 0);
    assert_eq!(smoke_cache(&project, &["test", "--runner", "cargo"]).status.code(), Some(101), "now they do run");
}

#[cfg(unix)]
#[test]
fn progress_of_a_build_is_shown_while_it_runs() {
    let (project, pipe) = project_that_waits("progressing");
    let mut command = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
    let mut populate = command.args(["smoke-cache", "populate"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(populate.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("building number of one: 1 of 3 numbers (")), "it ended without a word");
    // The build goes on.
    fs::write(pipe, "").unwrap();
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|line| line.starts_with("number of one: built in ")), "{rest:?}");
    assert!(populate.wait().unwrap().success());
}

#[test]
fn failed_artifact_is_named_and_fails_the_command() {
    let project = project("unpopulated");
    project.write("src/lib.rs", "pub fn number() -> u32 { panic!(\"told to\") }\n");
    let failed = smoke_cache(&project, &["populate"]);
    let stdout = out(&failed, 1);
    assert!(stdout.contains("missing: number of one: one:files:"), "{stdout}");
    assert!(stdout.contains("0 of 1 artifacts are in the cache"), "{stdout}");
    let stderr = text(&failed.stderr);
    assert!(stderr.contains("number of one: failed: ") && stderr.contains("told to"), "{stderr}");
    let failed = smoke_cache(&project, &["populate", "--json"]);
    assert_eq!(failed.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&failed.stdout).unwrap();
    schema::check(&document);
    let row = &document["artifacts"][0];
    assert_eq!((&row["state"], &row["reason"]), (&"missing".into(), &"first build".into()), "{document}");

    project.write("src/lib.rs", "pub fn number() -> u32 {\n");
    let uncompiled = smoke_cache(&project, &["populate"]);
    assert_eq!(uncompiled.status.code(), Some(2));
    assert!(
        text(&uncompiled.stderr).contains("error: cargo did not compile the tests\n"),
        "{}",
        text(&uncompiled.stderr)
    );
}
