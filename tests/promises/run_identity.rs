//! Processes that form one run without a variable that says so. Real chains of processes: this executable, under other
//! names.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use test_support::{Run, Sandbox};

/// Prepares a chain of processes: each of `names` starts the next one twice, and the last one is the test. The last but
/// one sets the variables that cargo sets. `CARGO` names the file `cargo`.
fn chain<'a>(sandbox: &'a Sandbox, names: &[&str], cargo: &str) -> Run<'a> {
    let bin = sandbox.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let paths: Vec<_> = names.iter().chain([&cargo]).map(|name| bin.join(name)).collect();
    for path in paths.iter().filter(|path| !path.exists()) {
        let own = std::env::current_exe().unwrap();
        // A hard link where possible: the file is large.
        fs::hard_link(&own, path).or_else(|_| fs::copy(&own, path).map(drop)).unwrap();
    }
    let links: Vec<_> = paths[..names.len()].iter().map(|path| path.to_str().unwrap()).collect();
    sandbox
        .run("starts_a_chain")
        .env("SUBJECT_CHAIN", links.join(":"))
        .env("SUBJECT_MANIFEST_DIR", sandbox.path("project"))
        .env("SUBJECT_CARGO", bin.join(cargo))
        .without_env("SMOKE_RUN_ID")
        .without_env("CARGO_MANIFEST_DIR")
        .without_env("CARGO")
}

fn runs(sandbox: &Sandbox) -> BTreeSet<String> {
    let entries = fs::read_dir(sandbox.cache().join(".runs")).unwrap().flatten();
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// Returns the number of runs that the tests of such a chain form.
#[track_caller]
fn number_of_runs(names: &[&str], cargo: &str) -> usize {
    let sandbox = Sandbox::new();
    chain(&sandbox, names, cargo).passes();
    runs(&sandbox).len()
}

/// The value of `CARGO` in chains that do not depend on it: a path that does not exist.
const ELSEWHERE: &str = "";

#[test]
fn tests_under_one_cargo_are_one_run_whatever_its_name() {
    assert_eq!(number_of_runs(&["cargo", "test"], ELSEWHERE), 1);
    assert_eq!(number_of_runs(&[".cargo-wrapped", "test"], ELSEWHERE), 1);
    assert_eq!(number_of_runs(&["tool", "test"], "tool"), 1, "CARGO names it");
    assert_eq!(number_of_runs(&["tool", "test"], "cargo"), 1, "CARGO names another copy");
}

#[test]
fn each_cargo_under_a_watcher_is_a_run() {
    assert_eq!(number_of_runs(&["cargo-watch", "cargo", "test"], ELSEWHERE), 2);
    assert_eq!(number_of_runs(&["cargo", ".cargo-wrapped", "test"], ELSEWHERE), 2, "a cargo within a cargo");
}

#[test]
fn each_test_of_a_shell_or_watcher_is_a_run() {
    for starter in ["cargo-watch", "bash"] {
        assert_eq!(number_of_runs(&[starter, "test"], ELSEWHERE), 2, "{starter}");
        assert_eq!(number_of_runs(&["cargo", starter, "test"], ELSEWHERE), 4, "{starter}");
    }
}

#[test]
fn two_pid_namespaces_with_one_cache_are_two_runs() {
    let unshare = ["--pid", "--fork", "--mount-proc"];
    if !Command::new("unshare").args(unshare).arg("true").status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: this user cannot create a pid namespace with `unshare --pid --fork --mount-proc`");
        return;
    }
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        chain(&sandbox, &["cargo", "test"], ELSEWHERE).wrapped("unshare", &unshare).passes();
    }
    let runs = runs(&sandbox);
    let of_pid: BTreeSet<_> = runs.iter().map(|run| run.rsplit_once('-').unwrap().0).collect();
    assert_eq!((runs.len(), of_pid.len()), (2, 1), "the same process ids: {runs:?}");
}
