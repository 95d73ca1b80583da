//! `cargo smoke-cache test`, `populate`, `pull` and `push` with this helper, under each installed runner.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use test_support::{Project, json, make_pipe, out, text, tool, write_executable};

/// The helper of this package. The tool finds it beside itself.
const HELPER: &str = env!("CARGO_BIN_EXE_cargo-smoke-cache-remote");

/// Runs `cargo smoke-cache` with variables to its end.
fn smoke_cache_with(project: &Project, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = project.command(tool());
    command.envs(variables.iter().copied()).arg("smoke-cache").args(arguments).output().unwrap()
}

/// Runs the command with another cache directory, as if on another machine.
fn on(project: &Project, machine: &str, arguments: &[&str]) -> Output {
    let url = format!("fs://{}", project.path("bucket").display());
    let cache = project.path(machine).to_str().unwrap().to_owned();
    let variables = [("SMOKE_REMOTE", url.as_str()), ("SMOKE_REMOTE_UNSIGNED", "1"), ("SMOKE_CACHE_DIR", &cache)];
    smoke_cache_with(project, &variables, arguments)
}

#[test]
fn machine_fetches_what_another_has_built() {
    for runner in ["auto", "cargo"] {
        let project = Project::with_one_binary("shared");
        fs::create_dir(project.path("bucket")).unwrap();
        let first = on(&project, "first", &["test", "--runner", runner]);
        let stdout = out(&first, 0);
        assert!(stdout.contains("remote cache: 0 fetched (0 B), 1 uploaded ("), "{stdout}{}", text(&first.stderr));
        assert_eq!(project.take_log().len(), 1);

        let second = on(&project, "second", &["test", "--runner", runner, "--require-hits"]);
        let stdout = out(&second, 0);
        assert!(stdout.contains("remote cache: 1 fetched (") && stdout.contains(" 0 errors"), "{stdout}");
        assert!(stdout.contains("fetched"), "{stdout}");
        assert_eq!(project.take_log().len(), 0);

        let line = stdout.lines().find(|line| line.starts_with("remote cache: ")).unwrap();
        assert!(out(&on(&project, "second", &["report"]), 0).contains(line));
        assert!(out(&on(&project, "second", &["report", "--markdown"]), 0).contains("remote cache: 1 fetched ("));
        assert_eq!(json(&on(&project, "second", &["report", "--json"]))["runs"][0]["remote"][0]["operation"], "fetch");
        let page = project.path("page.html");
        out(&on(&project, "second", &["report", "--html", page.to_str().unwrap()]), 0);
        assert!(fs::read_to_string(page).unwrap().contains("<p>Remote cache: 1 fetched ("));

        let third = on(&project, "third", &["test", "--runner", runner, "--json"]);
        let told = json(&third);
        assert_eq!(told["remote"][0]["operation"], "fetch");
        assert_eq!(told["rows"][0]["outcome"], "fetched");
    }
}

#[test]
fn pull_fetches_and_builds_nothing_and_populate_shares() {
    let project = Project::with_one_binary("pulled");
    fs::create_dir(project.path("bucket")).unwrap();
    let empty = on(&project, "first", &["pull"]);
    let stdout = out(&empty, 0);
    assert!(stdout.contains("0 of 1 artifacts are in the cache; 0 were fetched now"), "{stdout}");
    assert_eq!(project.take_log().len(), 0);
    let populated = on(&project, "second", &["populate"]);
    assert!(out(&populated, 0).contains("1 of 1 artifacts are in the cache; 1 were built now"));
    assert_eq!(project.take_log().len(), 1);
    let pulled = on(&project, "first", &["pull"]);
    let stdout = out(&pulled, 0);
    assert!(stdout.contains("1 of 1 artifacts are in the cache; 1 were fetched now"), "{stdout}");
    assert!(text(&pulled.stderr).contains("number of one: fetched in "), "{}", text(&pulled.stderr));
    assert_eq!(project.take_log().len(), 0);
    let states = |output: &Output| {
        let rows = json(output)["artifacts"].as_array().unwrap().clone();
        rows.iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(&on(&project, "fourth", &["pull", "--json"])), ["fetched"]);
    assert_eq!(states(&on(&project, "fourth", &["pull", "--json"])), ["present"]);
    assert_eq!(states(&on(&project, "fifth", &["populate", "--json"])), ["fetched"]);
    assert_eq!(states(&on(&project, "first", &["push", "--json"])), ["present"]);
    assert_eq!(states(&on(&project, "first", &["push", "--replace", "--json"])), ["uploaded"]);
    let populated = on(&project, "third", &["populate"]);
    let stdout = out(&populated, 0);
    assert!(stdout.contains("1 of 1 artifacts are in the cache; 0 were built and 1 fetched now"), "{stdout}");
    for mode in ["off", "read-only"] {
        let url = format!("fs://{}", project.path("bucket").display());
        let variables = [("SMOKE_REMOTE", url.as_str()), ("SMOKE_REMOTE_UNSIGNED", "1"), ("SMOKE_CACHE", mode)];
        for command in ["pull", "populate"] {
            let refused = smoke_cache_with(&project, &variables, &[command]);
            assert_eq!(refused.status.code(), Some(2));
            assert!(text(&refused.stderr).contains("error: SMOKE_CACHE forbids to write to the cache\nhelp: "));
        }
    }
    assert_eq!(project.take_log().len(), 0);
}

/// Writes a helper that runs commands of a shell before each request to store something.
fn write_slow_helper(project: &Project, commands: &str) -> PathBuf {
    let slow = project.path("slow");
    let script = format!(
        "#!/bin/sh\nwhile read -r line; do case $line in *store*) {commands};; esac; printf '%s\\n' \"$line\"; done | \
         {HELPER}\n"
    );
    write_executable(&slow, &script);
    slow
}

#[test]
fn uploads_beyond_the_budget_happen_after_all_tests() {
    let project = Project::with_one_binary("unhurried");
    fs::create_dir(project.path("bucket")).unwrap();
    let url = format!("fs://{}", project.path("bucket").display());
    let slow = write_slow_helper(&project, "sleep 2");
    let variables = [
        ("SMOKE_REMOTE", url.as_str()),
        ("SMOKE_REMOTE_UNSIGNED", "1"),
        ("SMOKE_REMOTE_BUDGET", "1s"),
        ("SMOKE_REMOTE_HELPER", slow.to_str().unwrap()),
    ];
    let done = smoke_cache_with(&project, &variables, &["test", "--runner", "cargo"]);
    let stdout = out(&done, 0);
    assert!(text(&done.stderr).contains("uploaded number of one: "), "{}", text(&done.stderr));
    assert!(stdout.contains("1 uploaded (") && stdout.contains(" 0 errors"), "{stdout}");
    assert!(fs::exists(project.path("bucket/v1/entries/one")).unwrap());
}

#[test]
fn summary_waits_for_uploads_of_builders() {
    let project = Project::with_one_binary("slowly");
    fs::create_dir(project.path("bucket")).unwrap();
    let url = format!("fs://{}", project.path("bucket").display());
    let stores = project.path("stores");
    let slow = write_slow_helper(&project, &format!("echo store >> {}; sleep 1", stores.display()));
    let variables = [
        ("SMOKE_REMOTE", url.as_str()),
        ("SMOKE_REMOTE_UNSIGNED", "1"),
        ("SMOKE_REMOTE_BUDGET", "1m"),
        ("SMOKE_REMOTE_HELPER", slow.to_str().unwrap()),
        // With it, a builder process builds.
        ("NEXTEST", "1"),
    ];
    let done = smoke_cache_with(&project, &variables, &["test", "--runner", "cargo"]);
    let stdout = out(&done, 0);
    assert!(stdout.contains("1 uploaded (") && stdout.contains(" 0 errors"), "{stdout}");
    assert_eq!(fs::read_to_string(&stores).unwrap().lines().count(), 1, "{stdout}{}", text(&done.stderr));
}

#[test]
fn push_does_not_need_a_helper_on_the_path() {
    let project = Project::with_one_binary("alone");
    out(&smoke_cache_with(&project, &[], &["populate"]), 0);
    fs::create_dir(project.path("bucket")).unwrap();
    let url = format!("fs://{}", project.path("bucket").display());
    let variables = [("SMOKE_REMOTE", url.as_str()), ("SMOKE_REMOTE_UNSIGNED", "1"), ("PATH", "/nonexistent")];
    let pushed = smoke_cache_with(&project, &variables, &["push"]);
    assert!(out(&pushed, 0).contains("1 artifacts uploaded ("), "{}", text(&pushed.stderr));
}

/// Runs the command in its own process group, with a helper that does not answer the request `hangs`, but reports it at
/// a pipe. Sends the group a signal after so many reports.
fn ended(project: &Project, hangs: &str, times: usize, command: &[&str], signal: &str) -> Output {
    let (pipe, helper) = (project.path("pipe"), project.path("helper"));
    make_pipe(&pipe);
    let script = format!(
        "#!/bin/sh\necho '{{\"protocol\":\"cached-smoke-remote\",\"version\":1,\"writable\":true}}'\n\
         id=1; while read -r line; do case $line in *{hangs}*) echo asked > {}; continue;; \
         *lease*) outcome=held;; *) outcome=absent;; esac\n\
         echo \"{{\\\"id\\\":$id,\\\"outcome\\\":\\\"$outcome\\\"}}\"; id=$((id+1)); done\n",
        pipe.display()
    );
    write_executable(&helper, &script);
    let mut running = project.command(tool());
    running.arg("smoke-cache").args(command).args(["--runner", "cargo"]).process_group(0);
    running.env("SMOKE_REMOTE", "mine://anywhere").env("SMOKE_REMOTE_HELPER", &helper).env("SMOKE_REMOTE_BUDGET", "1s");
    let running = running.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Opened for writing as well, so that the pipe does not end before the first report.
    let said = BufReader::new(fs::File::options().read(true).write(true).open(&pipe).unwrap());
    assert_eq!(said.lines().take(times).map(Result::unwrap).collect::<Vec<_>>(), vec!["asked"; times]);
    let group = format!("-{}", running.id());
    assert!(Command::new("kill").args([signal, "--", &group]).status().unwrap().success());
    running.wait_with_output().unwrap()
}

#[test]
fn interrupted_pull_is_reported() {
    for (name, signal) in [("pull-int", "-INT"), ("pull-term", "-TERM")] {
        let done = ended(&Project::with_one_binary(name), "find", 1, &["pull"], signal);
        assert!(out(&done, 2).contains("0 of 1 artifacts are in the cache"), "{}", text(&done.stdout));
        assert!(
            text(&done.stderr).contains("error: interrupted before the cache was filled"),
            "{}",
            text(&done.stderr)
        );
    }
}

#[test]
fn uploads_after_all_tests_can_be_interrupted() {
    let project = Project::with_one_binary("impatient");
    // The first upload is that of the test, within its budget.
    let done = ended(&project, "store", 2, &["test"], "-TERM");
    assert_eq!(done.status.signal(), Some(15), "{}{}", text(&done.stdout), text(&done.stderr));
}

#[test]
fn helper_from_smoke_toml_is_used_by_tests_and_status() {
    let project = Project::with_one_binary("custom");
    let started = project.path("started");
    let helper = project.path("helper");
    let script = format!(
        "#!/bin/sh\necho started >> {}\necho '{{\"protocol\":\"cached-smoke-remote\",\"version\":1,\"writable\":true}}'\n\
         id=1; while read -r line; do case $line in *store*|*publish*) outcome=done;; *) outcome=absent;; esac\n\
         echo \"{{\\\"id\\\":$id,\\\"outcome\\\":\\\"$outcome\\\"}}\"; id=$((id+1)); done\n",
        started.display()
    );
    write_executable(&helper, &script);
    let settings = fs::read_to_string(project.path("smoke.toml")).unwrap();
    let remote = format!("\n[remote]\nurl = \"mine://anywhere\"\nhelper = [{helper:?}]\n");
    fs::write(project.path("smoke.toml"), settings + &remote).unwrap();
    let status = smoke_cache_with(&project, &[], &["remote", "status"]);
    let stdout = out(&status, 0);
    assert!(
        stdout.contains("readable:  yes") && stdout.contains("writable:  yes, according to the helper"),
        "{stdout}"
    );
    assert_eq!(fs::read_to_string(&started).unwrap().lines().count(), 1);
    let stdout = out(&smoke_cache_with(&project, &[], &["test", "--runner", "cargo"]), 0);
    assert!(stdout.contains("remote cache: ") && stdout.contains(" 0 errors"), "no other helper knows it: {stdout}");
    assert!(fs::read_to_string(&started).unwrap().lines().count() > 1, "the tests have started it");
    fs::write(&helper, "#!/bin/sh\nexit 1\n").unwrap();
    let stdout = out(&smoke_cache_with(&project, &[], &["remote", "status"]), 1);
    assert!(stdout.contains("failed:    the helper has ended"), "{stdout}");
}
