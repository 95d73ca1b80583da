//! `doctor`: findings about the machine and the settings.

use std::fs;

use serde_json::Value;
use test_support::{Project, text};

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
