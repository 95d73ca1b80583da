//! `doctor`: findings about the machine and the settings.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use test_support::{Project, text};

#[cfg(unix)]
use crate::remote::write_forgetful_helper;
use crate::{out, project, smoke_cache_with};

/// Returns the findings of one check, each as its state, message and help.
fn findings(project: &Project, variables: &[(&str, &str)], check: &str, status: i32) -> Vec<[String; 3]> {
    let report: Value =
        serde_json::from_str(&out(&smoke_cache_with(project, variables, &["doctor", "--json"]), status)).unwrap();
    assert_eq!(report["version"], 1);
    let of_check = report["findings"].as_array().unwrap().iter().filter(|one| one["check"] == check);
    of_check.map(|one| ["state", "message", "help"].map(|field| one[field].as_str().unwrap_or("").to_owned())).collect()
}

#[test]
fn healthy_project_has_no_errors() {
    let project = project("healthy");
    let told = out(&smoke_cache_with(&project, &[], &["doctor"]), 0);
    for check in ["settings", "cache", "locks", "clock", "runner", "git"] {
        assert!(told.lines().any(|line| line.starts_with(&format!("ok       {check} "))), "{check}: {told}");
    }
    assert!(told.lines().any(|line| line.starts_with("ok       space ")) || cfg!(not(unix)), "{told}");
    assert!(told.ends_with("0 errors, 0 warnings\n"), "{told}");
    assert!(!project.path("cache").exists(), "a check creates nothing");
}

#[test]
fn mistakes_in_settings_are_found() {
    let project = project("mistaken");
    let found = findings(&project, &[("SMOKE_MAXSIZE", "5GB")], "settings", 0);
    let expected = ["warning", "the variable SMOKE_MAXSIZE has no effect", "set `SMOKE_MAX_SIZE` instead"];
    assert_eq!(found, [expected.map(str::to_owned)]);

    let found = findings(&project, &[("SMOKE_CACHE", "on")], "settings", 1);
    assert!(found[0][0] == "error" && found[0][1].contains("`read-write` or `read-only`"), "{found:?}");
    project.write("smoke.toml", "[defaults]\ncache-dri = \"here\"\n");
    let found = findings(&project, &[], "settings", 1);
    assert!(found[0][1].contains("unknown field `cache-dri`") && !found[0][2].is_empty(), "{found:?}");

    project.write("smoke.toml", "[repos.gone]\npath = \"gone\"\n");
    let found = findings(&project, &[], "repos", 1);
    assert!(found[0][1].contains("gone does not exist") && found[0][2].contains("[repos.gone]"), "{found:?}");
    project.write("smoke.toml", "[repos.far]\ngit = \"file:///nowhere/at/all\"\nrev = \"main\"\n");
    let found = findings(&project, &[], "repos", 0);
    let expected = ["warning", "far is not fetched yet", "run `cargo smoke-cache fetch far`"];
    assert_eq!(found, [expected.map(str::to_owned)]);
}

#[test]
fn programs_that_do_not_run_are_found() {
    let project = project("without-programs");
    let found = findings(&project, &[("CARGO", "/nowhere/cargo")], "runner", 1);
    assert!(found[0][1].starts_with("cargo does not run: ") && !found[0][2].is_empty(), "{found:?}");
    let found = findings(&project, &[("CARGO", env!("CARGO")), ("PATH", "/nowhere")], "git", 0);
    assert!(found[0][0] == "warning" && found[0][1].starts_with("git does not run"), "{found:?}");
}

#[test]
fn work_trees_that_cost_time_or_fail_are_found() {
    let project = project("work-trees");
    let file = fs::File::options().write(true).open(project.path("one/file")).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_hours(1)).unwrap();
    let found = findings(&project, &[], "clock", 0);
    assert!(
        found.iter().any(|one| one[0] == "warning" && one[1].starts_with("one: the times of 1 files")),
        "{found:?}"
    );
    // Without a repository above it.
    fs::create_dir(project.path("one/.git")).unwrap();
    let found = findings(&project, &[], "git", 1);
    let is_named = |one: &&[String; 3]| one[1].starts_with("one: git cannot read ") && one[2].contains(" status`");
    assert!(found.iter().find(is_named).is_some_and(|one| one[0] == "error"), "{found:?}");
}

#[test]
fn directories_that_cannot_be_used_are_found() {
    let project = project("unusable");
    project.write("file", "");
    let file = project.path("file").join("cache");
    let found = findings(&project, &[("SMOKE_CACHE_DIR", file.to_str().unwrap())], "cache", 1);
    assert!(found[0][1].ends_with("file is not a directory") && found[0][2].contains("SMOKE_CACHE_DIR"), "{found:?}");

    let url = format!("fs://{}", project.path("bucket").display());
    let remote = [("SMOKE_REMOTE", url.as_str()), ("SMOKE_REMOTE_UNSIGNED", "1"), ("SMOKE_REMOTE_HELPER", "/nowhere")];
    let found = findings(&project, &remote, "remote", 1);
    assert!(found[0][1].contains("cannot be used: ") && !found[0][2].is_empty(), "{found:?}");
}

/// Not even root can create a file in `/proc`.
#[cfg(target_os = "linux")]
#[test]
fn cache_directory_that_is_not_writable_is_found() {
    let found = findings(&project("unwritable"), &[("SMOKE_CACHE_DIR", "/proc/cache")], "cache", 1);
    let is_named = |one: &&[String; 3]| one[1].starts_with("cannot write to /proc: ");
    assert!(found.iter().find(is_named).is_some_and(|one| one[0] == "error"), "{found:?}");
}

#[cfg(unix)]
#[test]
fn remote_cache_that_answers_is_ok() {
    let project = project("answering");
    let helper = write_forgetful_helper(&project);
    let variables = [("SMOKE_REMOTE", "mine://anywhere"), ("SMOKE_REMOTE_HELPER", helper.as_str())];
    let found = findings(&project, &variables, "remote", 0);
    assert_eq!(found, [["ok", "mine://anywhere answers", ""].map(str::to_owned)]);
}

#[cfg(unix)]
#[test]
fn cache_that_others_can_write_to_is_found() {
    use std::os::unix::fs::PermissionsExt;

    let project = project("exposed");
    fs::create_dir(project.path("cache")).unwrap();
    fs::set_permissions(project.path("cache"), fs::Permissions::from_mode(0o777)).unwrap();
    let found = findings(&project, &[], "cache", 0);
    assert!(found[0][0] == "warning" && found[0][2].starts_with("run `chmod go-w "), "{found:?}");
    let told = smoke_cache_with(&project, &[], &["doctor"]);
    assert!(text(&told.stdout).contains("\n                   help: run `chmod go-w "), "{}", text(&told.stdout));
    std::os::unix::fs::symlink(project.path("one"), project.path("cache/.locks")).unwrap();
    let found = findings(&project, &[], "cache", 1);
    assert!(found[0][1].contains("is a link") && found[0][2] == "remove the link", "{found:?}");
}
