//! `cargo smoke-cache audit`: a build under a tracer, and the inputs that its key does not cover.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;

use cached_smoke::tooling::audit::{
    Audit, Finding, Kind, Question, STRACE, ThisMachine, Trace, VARIABLE, findings, read_audits,
};
use test_support::{Done, Run, Sandbox, git, write_executable};

use crate::server::Server;

/// Returns `true` if the tracer is installed, and may trace.
pub(crate) fn can_trace() -> bool {
    let traced = Command::new("strace").args(STRACE).args(["/dev/null", "true"]).output();
    traced.is_ok_and(|output| output.status.success())
}

/// Returns a sandbox for builds; `None`, with a line, if the tracer is not installed.
fn sandbox() -> Option<Sandbox> {
    if !can_trace() {
        eprintln!("skipped: strace is not installed, or may not trace");
        return None;
    }
    Some(furnished())
}

/// Returns a sandbox with everything that the builds of `watched.rs` and `undeclared.rs` use.
pub(crate) fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    for directory in ["listing", "project/data/directory"] {
        fs::create_dir_all(sandbox.path(directory)).unwrap();
    }
    for file in ["neighbour.txt", "listing/a", "repo/x.log", "project/data/file", "project/data/directory/a"] {
        fs::write(sandbox.path(file), "one\n").unwrap();
    }
    write_executable(&sandbox.path("program"), "#!/bin/sh\necho one\n");
    write_executable(&sandbox.repo().join("script"), "#!/bin/sh\necho one\n");
    sandbox
}

fn run<'a>(sandbox: &'a Sandbox, test: &str) -> Run<'a> {
    let tracer: Vec<&str> = ["strace"].into_iter().chain(STRACE.iter().copied()).collect();
    sandbox.run(test).env(VARIABLE, serde_json::to_string(&tracer).unwrap())
}

fn audits(done: &Done) -> Vec<Audit> {
    read_audits(&done.cache, &done.run).unwrap()
}

/// Returns the trace and the findings of the last audit of the run.
#[track_caller]
fn analysed(done: &Done) -> (Trace, Vec<Finding>) {
    let audit = audits(done).pop().expect("an audit");
    assert_eq!(audit.failure, None, "{audit:#?}");
    let cover = audit.cover.unwrap();
    let trace = Trace::read(&fs::read_to_string(&audit.trace).unwrap(), &cover.directory);
    assert!(trace.is_complete());
    let found = findings(&cover, &trace, &ThisMachine);
    (trace, found)
}

/// Returns kind, subject and line of each finding, with the sandbox's directory as `ROOT`.
#[track_caller]
fn found(sandbox: &Sandbox, done: &Done) -> Vec<(Kind, String, String)> {
    let short = |text: &str| text.replace(&sandbox.path("").display().to_string(), "ROOT/");
    let (_, found) = analysed(done);
    found.iter().map(|one| (one.kind, short(&one.subject), short(one.line.as_deref().unwrap_or_default()))).collect()
}

#[test]
fn covered_inputs_are_no_findings() {
    let Some(sandbox) = sandbox() else { return };
    let tests = ["repository", "declared", "temporary", "renamed", "dependency", "own_server"];
    for test in tests.map(|test| format!("watched::{test}")).into_iter().chain(["undeclared::nothing".to_owned()]) {
        let done = run(&sandbox, &test).passes();
        assert_eq!(found(&sandbox, &done), [], "{test}");
    }
}

#[test]
fn each_undeclared_input_is_found_with_its_line() {
    let Some(sandbox) = sandbox() else { return };
    let cases = [
        ("undeclared::neighbour", Kind::Read, "ROOT/neighbour.txt", "key.file(\"ROOT/neighbour.txt\")"),
        ("undeclared::listing", Kind::Listed, "ROOT/listing", "key.directory(\"ROOT/listing\")"),
        ("undeclared::missing_file", Kind::Missing, "ROOT/missing", "key.optional_file(\"ROOT/missing\")"),
        ("watched::thread", Kind::Read, "ROOT/neighbour.txt", "key.file(\"ROOT/neighbour.txt\")"),
        ("watched::child", Kind::Read, "ROOT/neighbour.txt", "key.file(\"ROOT/neighbour.txt\")"),
        ("watched::relative", Kind::Read, "ROOT/neighbour.txt", "key.file(\"ROOT/neighbour.txt\")"),
        ("watched::ignored", Kind::Read, "ROOT/repo/x.log", "key.file(\"ROOT/repo/x.log\")"),
        ("watched::history", Kind::Read, "ROOT/repo/.git/HEAD", ""),
        ("watched::child", Kind::Executed, "/usr/bin/cat", "key.tool(\"cat\")"),
        ("undeclared::program", Kind::Executed, "ROOT/program", "key.file(\"ROOT/program\")"),
        ("watched::script", Kind::Executed, "/bin/sh", ""),
    ];
    for (test, kind, subject, line) in cases {
        let done = run(&sandbox, test).passes();
        let found = found(&sandbox, &done);
        let matching: Vec<_> = found.iter().filter(|one| one.0 == kind && one.1 == subject).collect();
        assert!(matches!(&matching[..], [one] if line.is_empty() || one.2 == line), "{test}: {found:#?}");
    }
}

#[test]
fn an_entry_of_another_artifact_is_an_undeclared_input() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.run("only_count").passes();
    let done = run(&sandbox, "undeclared::other_entry").passes();
    let found = found(&sandbox, &done);
    assert!(found.iter().any(|one| one.1.ends_with("/count.json")), "{found:#?}");
}

/// All files of a folder count that is not the top of a checkout.
#[test]
fn ignored_folder_of_a_checkout_is_covered() {
    let Some(sandbox) = sandbox() else { return };
    fs::remove_dir_all(sandbox.repo().join(".git")).unwrap();
    git(&sandbox.path(""), &["init", "--quiet"]);
    fs::write(sandbox.path(".gitignore"), "/repo/\n").unwrap();
    let done = run(&sandbox, "watched::repository").passes();
    assert_eq!(found(&sandbox, &done), []);
}

#[test]
fn a_connection_is_an_undeclared_input() {
    let Some(sandbox) = sandbox() else { return };
    let server = Server::start("one");
    let address = server.address;
    let done = run(&sandbox, "watched::network").env("USES_PORT", address.port().to_string()).passes();
    assert_eq!(found(&sandbox, &done), [(Kind::Connected, address.to_string(), String::new())]);
}

#[test]
fn questions_to_the_system_are_named() {
    let Some(sandbox) = sandbox() else { return };
    for (test, question) in [("undeclared::cores", Question::Cores), ("undeclared::host_name", Question::Host)] {
        let done = run(&sandbox, test).passes();
        assert!(analysed(&done).0.questions().contains(&question), "{test}");
    }
}

#[test]
fn dependencies_are_audited_once_in_a_run() {
    let Some(sandbox) = sandbox() else { return };
    for _ in 0..2 {
        let tracer: Vec<&str> = ["strace"].into_iter().chain(STRACE.iter().copied()).collect();
        let run = sandbox.run_within("one", "undeclared::above").env(VARIABLE, serde_json::to_string(&tracer).unwrap());
        run.passes();
    }
    let audited: Vec<String> =
        read_audits(&sandbox.cache(), "one").unwrap().into_iter().map(|one| one.artifact).collect();
    assert_eq!(audited, ["above", "variable"]);
    let builds = sandbox.take_builds();
    assert_eq!(builds.iter().filter(|line| *line == "build variable").count(), 2, "one build, one audit: {builds:?}");
}

#[test]
fn an_audit_does_not_change_the_cache() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.run("undeclared::above").passes();
    let before = sandbox.entry_files();
    run(&sandbox, "undeclared::above").passes();
    assert_eq!(sandbox.entry_files(), before);
}

#[test]
fn a_tracer_that_fails_is_reported() {
    let sandbox = Sandbox::without_git();
    let done = sandbox.run("undeclared::nothing").env(VARIABLE, "[\"false\"]").passes();
    let failure = audits(&done).pop().unwrap().failure.unwrap();
    assert!(failure.contains("ended without a result"), "{failure}");
    let wrong = sandbox.run("undeclared::nothing").env(VARIABLE, "strace").fails();
    assert!(wrong.stderr.contains("SMOKE_AUDIT is `strace`, but must be a JSON list"), "{}", wrong.stderr);
}
