//! The cache directory that the commands create.

use std::fs;
use std::process::{Command, Output};

use test_support::{Project, git, text};

use crate::{project, smoke_cache_with};

/// Returns the status of the cache directory, which is in the work tree.
fn untracked(project: &Project) -> String {
    git(&project.path(""), &["status", "--porcelain", "--untracked-files=all", "--", "cache"])
}

#[test]
fn git_ignores_the_cache_that_any_command_creates() {
    let project = project("ignored");
    let (origin, bucket) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    git(origin.path(), &["init", "--quiet", "--initial-branch=main"]);
    fs::write(origin.path().join("file"), "content").unwrap();
    git(origin.path(), &["add", "--all"]);
    git(origin.path(), &["commit", "--quiet", "--message", "a commit"]);
    let repos = format!(
        "[repos.one]\npath = \"one\"\n[repos.far]\ngit = 'file://{}'\nrev = \"main\"\n\
         [repos.lost]\ngit = \"file:///nowhere/at/all\"\nrev = \"main\"\n",
        origin.path().display()
    );
    project.write("smoke.toml", &repos);
    git(&project.path(""), &["init", "--quiet"]);
    let url = format!("fs://{}", bucket.path().display());
    let run = |arguments: &[&str]| {
        let variables = [("SMOKE_REMOTE", url.as_str()), ("SMOKE_REMOTE_UNSIGNED", "1")];
        smoke_cache_with(&project, &variables, arguments)
    };
    let populated = project.path("populated");
    let mut found = Vec::new();
    let shown = |arguments: &[&str], untracked: &str, done: &Output| {
        let said = || format!("{arguments:?}: {untracked}{}{}", text(&done.stdout), text(&done.stderr));
        (!untracked.is_empty()).then(said)
    };

    for arguments in [
        &["fetch", "far"][..],
        &["fetch", "lost"],
        &["key", "one"],
        &["explain", "one"],
        &["test", "--repo", "one", "--", "no_test_has_this_name"],
        &["test", "--repo", "one", "--runner", "cargo", "--", "no_test_has_this_name"],
        &["pull", "one"],
        &["gc"],
        &["clean"],
        &["verify"],
        &["list"],
        &["report"],
        &["push"],
        &["remote", "status"],
        &["populate", "one"],
    ] {
        let _ = fs::remove_dir_all(project.path("cache"));
        let done = run(arguments);
        found.extend(shown(arguments, &untracked(&project), &done));
    }

    // As a CI system restores the cache: the entries alone.
    fs::rename(project.path("cache/one"), &populated).unwrap();
    for arguments in [&["gc", "--max-size", "1B"][..], &["clean"], &["verify"], &["push"], &["key", "one"]] {
        let _ = fs::remove_dir_all(project.path("cache"));
        fs::create_dir(project.path("cache")).unwrap();
        let copied = Command::new("cp").arg("-R").arg(&populated).arg(project.path("cache/one")).status().unwrap();
        assert!(copied.success());
        let done = run(arguments);
        found.extend(shown(arguments, &untracked(&project), &done));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
