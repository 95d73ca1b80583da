//! No test waits for itself, for a process that has ended, or for a child of a build that it runs.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use cached_smoke::Outcome;
use test_support::{Run, Sandbox, write_executable};

use crate::Reports;

/// Kills a run that waits for ever, so that its test fails.
fn within_a_minute(run: Run<'_>) -> Run<'_> {
    run.wrapped("timeout", &["--signal=KILL", "60"])
}

fn build_lock(sandbox: &Sandbox, artifact: &str) -> PathBuf {
    let locks = sandbox.cache().join(".locks/bookshop");
    let entries = fs::read_dir(locks).unwrap().map(|entry| entry.unwrap().path().join(format!("{artifact}.lock")));
    entries.filter(|path| path.exists()).last().unwrap()
}

/// Kills a process when it is dropped.
struct KillOnDrop(String);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-KILL", &self.0]).status();
    }
}

#[test]
fn child_of_a_build_holds_no_lock() {
    for runner in ["", "1"] {
        let sandbox = Sandbox::new();
        let run = sandbox.run("only_words").env("NEXTEST", runner);
        let run = run.env("SUBJECT_START", "words").env("SUBJECT_STARTED", sandbox.path("started"));
        assert!(within_a_minute(run).done_without_output());
        let child = KillOnDrop(fs::read_to_string(sandbox.path("started")).unwrap());
        let lock = build_lock(&sandbox, "words");
        assert!(holds(&child.0, Path::new("/dev/null")) || runner.is_empty(), "its input is empty");
        assert!(!holds(&child.0, &lock), "the child has the lock's file");
        File::open(lock).unwrap().try_lock().unwrap();
    }
}

fn holds(pid: &str, file: &Path) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().map(|entry| entry.unwrap().path());
    let identity = |path: &Path| path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()));
    files.into_iter().any(|open| identity(&open) == identity(file))
}

/// A child that a killed process forked without `exec` holds the lock like this.
#[test]
fn lock_of_an_ended_holder_is_not_waited_for() {
    let sandbox = Sandbox::new();
    let (builder, _held) = sandbox.run("only_words").start_until_in("words");
    let lock = File::options().read(true).write(true).open(build_lock(&sandbox, "words")).unwrap();
    builder.kill();
    lock.lock().unwrap();
    let done = within_a_minute(sandbox.run("only_words")).passes();
    assert_eq!(done.outcome("words"), Outcome::Bypassed);
    assert!(done.reason("words").contains("was killed during its build"), "{}", done.reason("words"));
    assert!(done.stderr.contains("still holds the lock"), "{}", done.stderr);
}

#[test]
fn recursive_build_in_a_child_process_is_an_error() {
    for runner in ["", "1"] {
        let sandbox = Sandbox::new();
        let run = sandbox.run("only_words").env("NEXTEST", runner).env("SUBJECT_RUN_AGAIN", "words");
        let done = within_a_minute(run).fails();
        assert!(done.stderr.contains("and started this process, which would wait for it for ever"), "{}", done.stderr);
    }
}

#[test]
fn recursive_build_in_one_process_is_an_error() {
    for (test, runner) in [("only_words", ""), ("only_words", "1"), ("beneath", "")] {
        let sandbox = Sandbox::new();
        let run = sandbox.run(test).env("NEXTEST", runner).env("SUBJECT_ASK_ITSELF", "1");
        let done = within_a_minute(run).fails();
        assert!(done.stderr.contains("do not request `words` in its own `build`"), "{}", done.stderr);
    }
}

#[test]
fn slow_git_status_is_reported() {
    let sandbox = Sandbox::new();
    let (pipe, git, waited) = (sandbox.pipe(), sandbox.path("bin/git"), sandbox.path("waited"));
    fs::create_dir(sandbox.path("bin")).unwrap();
    // The first `git status` waits at the pipe.
    let wait = format!("[ -e {0} ] || {{ touch {0}; cat {1}; }}", waited.display(), pipe.display());
    let script =
        format!("#!/bin/sh\ncase \" $* \" in *' status '*) {wait} ;; esac\nPATH=\"${{PATH#*:}}\"\nexec git \"$@\"\n");
    write_executable(&git, &script);
    let path = format!("{}:{}", sandbox.path("bin").display(), std::env::var("PATH").unwrap());

    let mut started = within_a_minute(sandbox.run("only_repo").env("PATH", path)).start();
    let held = File::options().write(true).open(pipe).unwrap();
    let stderr = BufReader::new(started.child.stderr.take().unwrap());
    let report = stderr.lines().map_while(Result::ok).find(|line| line.contains("has taken"));
    assert!(report.unwrap().contains("reading the state of the repository bookshop (`git status`)"));
    drop(held);
    assert!(started.done().passed);
}
