//! Commands that need the helper of the remote cache, where it is missing or has another version.

use std::process::Output;

use serde_json::{Value, json};
use test_support::{Project, copy_executable, text, write_executable};

use crate::{out, project, schema, smoke_cache, smoke_cache_with};

const HELP: &str =
    "the helper `cargo-smoke-cache-remote` is not installed\nhelp: cargo install cargo-smoke-cache-remote\n";

/// Runs a copy of the tool, which has no helper beside it and none in the `PATH`, with a folder as the remote cache.
fn without_helper(project: &Project, arguments: &[&str]) -> Output {
    let tool = project.path("cargo-smoke-cache");
    if !tool.exists() {
        copy_executable(env!("CARGO_BIN_EXE_cargo-smoke-cache").as_ref(), &tool);
    }
    let mut command = project.command(tool);
    // Only the directories of cargo, rustc, the linker and git.
    let path = std::env::var_os("PATH").unwrap();
    let has_helper = |directory: &std::path::PathBuf| directory.join("cargo-smoke-cache-remote").exists();
    let directories = std::env::split_paths(&path).filter(|directory| !has_helper(directory));
    command.env("PATH", std::env::join_paths(directories).unwrap()).env("SMOKE_REMOTE", "fs:///nonexistent");
    command.env("SMOKE_REMOTE_UNSIGNED", "1").arg("smoke-cache").args(arguments).output().unwrap()
}

#[test]
fn missing_helper_is_one_error_with_the_install_command() {
    let project = project("helperless");
    for command in [&["push"][..], &["pull"], &["remote", "keygen"]] {
        let failed = without_helper(&project, command);
        assert_eq!((out(&failed, 2).as_str(), text(&failed.stderr)), ("", format!("error: {HELP}")), "{command:?}");
    }
    let status = out(&without_helper(&project, &["remote", "status"]), 1);
    assert!(status.ends_with(&format!("failed:    {HELP}")), "{status}");
}

#[test]
fn tests_without_the_helper_pass_with_one_warning() {
    let project = project("unhelped");
    let done = without_helper(&project, &["test", "--runner", "cargo"]);
    let stdout = out(&done, 0);
    let expected = "warning: the remote cache at fs:///nonexistent: the helper `cargo-smoke-cache-remote` is not \
                    installed; continuing without it";
    assert_eq!(stdout.matches(expected).count(), 1, "{stdout}");
    assert!(stdout.contains("help: cargo install cargo-smoke-cache-remote"), "{stdout}");
}

#[test]
fn helper_of_another_protocol_version_is_named_with_help() {
    let project = project("mismatched");
    let helper = project.path("cargo-smoke-cache-remote");
    write_executable(
        &helper,
        "#!/bin/sh\necho '{\"protocol\":\"cached-smoke-remote\",\"version\":7,\"writable\":true}'\nread -r line\n",
    );
    let mut command = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
    command.env("SMOKE_REMOTE", "fs:///nonexistent").env("SMOKE_REMOTE_HELPER", &helper);
    let status = out(&command.args(["smoke-cache", "remote", "status"]).output().unwrap(), 1);
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "speaks `cached-smoke-remote` 7, and this version of cached-smoke speaks cached-smoke-remote 1\n\
         help: cargo install cargo-smoke-cache-remote@{version}\n"
    );
    assert!(status.ends_with(&expected), "{status}");
}

/// Writes a helper of a service that stores nothing, and says that it does.
pub(crate) fn write_forgetful_helper(project: &Project) -> String {
    let helper = project.path("helper");
    let script = "#!/bin/sh\necho '{\"protocol\":\"cached-smoke-remote\",\"version\":1,\"writable\":true}'\n\
                  id=1; while read -r line; do case $line in *store*|*publish*) outcome=done;; *lease*) outcome=held;; \
                  *) outcome=absent;; esac\n\
                  echo \"{\\\"id\\\":$id,\\\"outcome\\\":\\\"$outcome\\\",\\\"bytes\\\":7}\"; id=$((id+1)); done\n";
    write_executable(&helper, script);
    helper.to_str().unwrap().to_owned()
}

/// Returns the document that a command printed, after a check against the schema.
#[track_caller]
fn document(output: &Output, status: i32) -> Value {
    let document = serde_json::from_str(&out(output, status)).unwrap();
    schema::check(&document);
    document
}

#[test]
fn commands_of_the_remote_cache_print_one_document() {
    let project = project("documented-remote");
    let helper = write_forgetful_helper(&project);
    let variables = [("SMOKE_REMOTE", "mine://user:secret@anywhere"), ("SMOKE_REMOTE_HELPER", helper.as_str())];
    let run = |arguments: &[&str]| smoke_cache_with(&project, &variables, &[arguments, &["--json"]].concat());

    let pulled = document(&run(&["pull"]), 0);
    let row = &pulled["artifacts"][0];
    assert_eq!((&row["artifact"], &row["state"]), (&json!("number"), &json!("missing")), "{pulled:#}");
    assert_eq!(pulled["remote"][0]["operation"], "fetch", "{pulled:#}");
    assert_eq!(document(&run(&["push"]), 0)["artifacts"], json!([]));
    out(&smoke_cache(&project, &["populate"]), 0);
    let pushed = document(&run(&["push"]), 0);
    let row = &pushed["artifacts"][0];
    assert_eq!((&row["state"], &row["reason"]), (&json!("uploaded"), &Value::Null), "{pushed:#}");
    assert!(row["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{pushed:#}");

    let status = document(&run(&["remote", "status"]), 0);
    assert_eq!((&status["command"], &status["is_usable"]), (&json!("remote status"), &json!(true)), "{status:#}");
    assert_eq!((&status["service"], &status["helper"]), (&json!("mine:…"), &json!([helper])), "{status:#}");
    assert!(status["findings"].as_array().unwrap().iter().any(|one| one["name"] == "writable"), "{status:#}");
    write_executable(helper.as_ref(), "#!/bin/sh\nexit 1\n");
    let broken = document(&run(&["remote", "status"]), 1);
    assert_eq!(broken["is_usable"], false);
    assert!(broken["reason"].as_str().unwrap().starts_with("the helper has ended"), "{broken:#}");
    let failed = document(&run(&["push"]), 1);
    let row = &failed["artifacts"][0];
    assert!(row["state"] == "failed" && !row["reason"].as_str().unwrap().is_empty(), "{failed:#}");
}
