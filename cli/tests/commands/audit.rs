//! `audit`: the inputs that a build uses and its key does not cover.
#![cfg(target_os = "linux")]

use std::process::Command;

use test_support::{SUITE, out};

use crate::{json, project, schema, smoke_cache, smoke_cache_with};

#[test]
fn undeclared_file_is_printed_with_its_line() {
    if !Command::new("strace").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return eprintln!("skipped: strace is not installed");
    }
    let project = project("audited");
    let audit =
        |arguments: &[&str]| smoke_cache(&project, &[&["audit", "one", "--runner", "cargo"], arguments].concat());
    let text = out(&audit(&[]), 0);
    assert!(text.contains("number of one: no undeclared input") && text.contains("\nnot watched: "), "{text}");
    assert_eq!(json(&audit(&["--json"]))["artifacts"][0]["findings"], serde_json::json!([]));

    let suite = std::fs::read_to_string(project.path(SUITE)).unwrap();
    let read =
        "std::fs::read(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/notes.txt\"))?;\n        Ok(Number(project::number()))";
    project.write(SUITE, &suite.replace("Ok(Number(project::number()))", read));
    project.write("notes.txt", "one");
    let text = out(&audit(&[]), 1);
    let path = project.path("notes.txt").canonicalize().unwrap();
    let finding =
        format!("number of one: 1 undeclared input\n  reads {}\n      key.file(\"notes.txt\");\n", path.display());
    assert!(text.contains(&finding), "{text}");
    let document: serde_json::Value = serde_json::from_str(&out(&audit(&["--json"]), 1)).unwrap();
    schema::check(&document);
    assert_eq!(document["artifacts"][0]["findings"][0]["line"], "key.file(\"notes.txt\")");
}

#[test]
fn missing_tracer_is_an_error_with_a_command() {
    let project = project("untraced");
    let path = project.path("home").display().to_string();
    let output = smoke_cache_with(&project, &[("PATH", &path)], &["audit"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("`strace` is not installed\nhelp: run `sudo apt install strace`"), "{error}");
}
