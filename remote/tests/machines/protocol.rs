//! The protocol of the helper, and faulty helpers, which cost one warning.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Child;

use cached_smoke::Outcome;
use cached_smoke::tooling::remote::{Answer, Greeting, Outcome as Answered};
use test_support::{SIGNING_KEY, World, make_pipe, wait_until, write_executable};

use crate::{Reports, new_world};

/// The shell command that prints the greeting.
const READY: &str = r#"echo '{"protocol":"cached-smoke-remote","version":1,"writable":true}'"#;
/// A public key of another user.
const OTHER_PUBLIC: &str = "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394";

/// A helper that the test itself talks to.
struct Spoken {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Spoken {
    fn to(mut command: std::process::Command) -> Spoken {
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Spoken { child, output }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    /// Sends a request. Returns the answer, and the number of progress lines before it.
    fn wait_for(&mut self, request: &str) -> (Answer, usize) {
        let (mut answer, mut words) = (self.ask(request), 0);
        while answer.outcome.is_none() {
            words += 1;
            answer = serde_json::from_str(&self.line()).unwrap();
        }
        (answer, words)
    }

    fn ask(&mut self, request: &str) -> Answer {
        self.child.stdin.as_mut().unwrap().write_all(format!("{request}\n").as_bytes()).unwrap();
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

#[test]
fn helper_answers_line_by_line() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    let mut helper = Spoken::to(machine.helper());
    assert_eq!(helper.line(), "{\"protocol\":\"cached-smoke-remote\",\"version\":1,\"writable\":true}\n");
    let file = |name: &str| world.path(name).to_str().unwrap().to_owned();
    fs::write(file("blob"), "abc").unwrap();
    fs::write(file("entry"), "payload").unwrap();
    let blob = format!("{{\"size\":3,\"blake3\":\"{}\"}}", blake3::hash(b"abc").to_hex());

    let absent = helper.ask(&format!(r#"{{"id":1,"command":"find","name":"a/b/c","into":"{}"}}"#, file("none")));
    assert_eq!((absent.id, absent.outcome), (1, Some(Answered::Absent)));
    let (absent, _) =
        helper.wait_for(&format!(r#"{{"id":2,"command":"fetch","blob":{blob},"into":"{}"}}"#, file("none2")));
    assert_eq!(absent.outcome, Some(Answered::Absent));
    for (replace, travelled) in [("false", 3), ("false", 0), ("true", 3)] {
        let store =
            format!(r#"{{"id":3,"command":"store","blob":{blob},"from":"{}","replace":{replace}}}"#, file("blob"));
        let (stored, words) = helper.wait_for(&store);
        assert_eq!(words > 0, travelled > 0, "it says how far it is");
        assert_eq!((stored.outcome, stored.bytes), (Some(Answered::Done), travelled));
    }
    let (fetched, words) =
        helper.wait_for(&format!(r#"{{"id":4,"command":"fetch","blob":{blob},"into":"{}"}}"#, file("got")));
    assert!(words > 0, "it says how far it is");
    assert_eq!((fetched.outcome, fs::read(file("got")).unwrap()), (Some(Answered::Done), b"abc".to_vec()));

    let lease = r#"{"id":5,"command":"lease","name":"a/b/c","limit":1000}"#;
    assert_eq!(helper.ask(lease).outcome, Some(Answered::Held));
    let mut other = Spoken::to(machine.helper());
    other.line();
    let told = other.ask(r#"{"id":1,"command":"lease","name":"a/b/c","limit":100}"#);
    assert_eq!(told.outcome, None);
    assert!(told.reason.unwrap().contains("process "));
    let over: Answer = serde_json::from_str(&other.line()).unwrap();
    assert_eq!(over.outcome, Some(Answered::TimedOut));
    let publish = format!(r#"{{"id":6,"command":"publish","name":"a/b/c","from":"{}"}}"#, file("entry"));
    assert_eq!(helper.ask(&publish).outcome, Some(Answered::Done));
    assert_eq!(other.ask(r#"{"id":2,"command":"lease","name":"a/b/c","limit":100}"#).outcome, Some(Answered::Found));
    assert_eq!(helper.ask(r#"{"id":7,"command":"release","name":"a/b/c"}"#).outcome, Some(Answered::Done));
    let found = helper.ask(&format!(r#"{{"id":8,"command":"find","name":"a/b/c","into":"{}"}}"#, file("found")));
    assert_eq!((found.outcome, fs::read(file("found")).unwrap()), (Some(Answered::Done), b"payload".to_vec()));

    assert_eq!(helper.ask(r#"{"id":9,"command":"of a later version","more":[]}"#).outcome, Some(Answered::Unsupported));
    assert_eq!(helper.ask("no request").outcome, Some(Answered::Failed));
    let outside = helper.ask(&format!(r#"{{"id":10,"command":"find","name":"../../x","into":"{}"}}"#, file("none3")));
    assert_eq!(outside.outcome, Some(Answered::Failed));
    drop(helper.child.stdin.take());
    assert!(helper.child.wait().unwrap().success());
    drop(other.child.stdin.take());
    assert!(other.child.wait().unwrap().success());
}

/// A point of small order, which RFC 8032 can encode.
const WEAK_PUBLIC: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn malformed_settings_are_reported_in_the_greeting() {
    let world = new_world();
    for (name, value, expected) in [
        ("SMOKE_REMOTE", "gopher://server", "unknown service `gopher`; services: s3, "),
        ("SMOKE_REMOTE", "fs://tmp/x", "a folder must be absolute, with three slashes: fs:///tmp/x"),
        ("SMOKE_REMOTE", "fs:///nonexistent/folder", "create or mount it"),
        ("SMOKE_REMOTE", "s3://bucket?regoin=eu-central-1", "has no option `regoin`; it has: "),
        ("SMOKE_REMOTE", "s3://bucket", "it names no region: add `?region=…`, or set AWS_REGION"),
        ("SMOKE_REMOTE", "redis://user:word@127.0.0.1:1", "belong into the query"),
        ("SMOKE_REMOTE_PUBLIC_KEYS", OTHER_PUBLIC, "readers would refuse its entries"),
        ("SMOKE_REMOTE_SIGNING_KEY", "12", "SMOKE_REMOTE_SIGNING_KEY is malformed"),
        ("SMOKE_REMOTE_PUBLIC_KEYS", "12", "the public key `12…` is malformed"),
        // The user has confused the two keys.
        ("SMOKE_REMOTE_PUBLIC_KEYS", SIGNING_KEY, "is one of `public-keys`"),
        ("SMOKE_REMOTE_PUBLIC_KEYS", WEAK_PUBLIC, "run `cargo smoke-cache remote keygen`"),
    ] {
        let machine = world.machine(&world.folder()).with(name, value);
        let mut helper = Spoken::to(machine.helper());
        let greeting: Greeting = serde_json::from_str(&helper.line()).unwrap();
        let error = greeting.error.unwrap() + &greeting.help.unwrap_or_default();
        assert!(error.contains(expected), "{error}");
        assert!(!helper.child.wait().unwrap().success());
        let done = machine.passes("both");
        assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 1), "{}", done.stderr);
        assert!(done.stderr.contains(expected), "{}", done.stderr);
    }
}

#[test]
fn faulty_helper_costs_one_warning() {
    let world = new_world();
    let scripts = [
        ("missing", String::new(), "cannot be started"),
        ("silent", "exec sleep 600".to_owned(), "no answer came in time"),
        ("dead", "exit 3".to_owned(), "the helper has ended (exit status: 3); its standard error is in "),
        ("other", "echo hello".to_owned(), "the helper's first line is not a greeting: `hello`"),
        ("newer", READY.replace("\"version\":1", "\"version\":2"), "speaks `cached-smoke-remote` 2, and this version"),
        ("hanging", format!("{READY}; exec sleep 600"), "no answer came in time"),
        ("crashing", format!("{READY}; read line; kill -9 $$"), "the helper has ended (signal: 9 (SIGKILL)); "),
        ("babbling", format!("{READY}; read line; exec yes"), "the helper's answer is malformed: `y`"),
        ("shouting", format!("{READY}; read line; exec tr '\\0' x < /dev/zero"), "a line is too long"),
        (
            "confused",
            format!("{READY}; read line; echo '{{\"id\":77,\"outcome\":\"done\"}}'; read line"),
            "the helper answers another request",
        ),
        // It works until the first request for a lease.
        (
            "dozing",
            format!("{READY}; read line; echo '{{\"id\":1,\"outcome\":\"absent\"}}'; read line; exec sleep 600"),
            "no answer came in time",
        ),
        // It reports success, and has done nothing.
        ("lying", answering("*) outcome=done;;", ""), "the helper wrote no entry"),
    ];
    for (name, text, expected) in scripts {
        let path = if text.is_empty() { "/nonexistent/helper".to_owned() } else { script(&world, name, &text) };
        let machine = world.machine(&world.folder()).with("SMOKE_REMOTE_HELPER", &path);
        let done = machine.with("SMOKE_REMOTE_BUDGET", "1s").passes("both");
        assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Built, Outcome::Built), "{name}");
        assert_eq!(done.warnings(), 1, "{name}: {}", done.stderr);
        assert!(done.stderr.contains(expected), "{name}: {}", done.stderr);
        assert!(done.report("words").remote_error.is_some(), "{name}");
        assert!(done.reports()[0].cache_miss(), "{name}");
        assert!(!done.stderr.contains(SIGNING_KEY));
    }
}

/// Returns a helper as a shell script. The cases of a `case` set the outcome of each request. `more` is added to each
/// answer.
fn answering(cases: &str, more: &str) -> String {
    let answer = format!(r#"{{\"id\": $id, \"outcome\": \"$outcome\"{more}}}"#);
    format!("{READY}; id=1; while read line; do case $line in {cases} esac; echo \"{answer}\"; id=$((id+1)); done")
}

/// Writes an executable script. Returns its path.
fn script(world: &World, name: &str, text: &str) -> String {
    let path = world.path(name);
    write_executable(&path, &format!("#!/bin/sh\n{text}\n"));
    path.to_str().unwrap().to_owned()
}

/// Returns `true` if a process has ended. It is a zombie until its parent waits for it.
fn is_over(pid: &str) -> bool {
    if cfg!(target_os = "linux") {
        return fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "));
    }
    let state = std::process::Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
    state.stdout.trim_ascii().is_empty() || state.stdout.starts_with(b"Z")
}

#[test]
fn abandoned_helper_is_killed_with_its_children() {
    let world = new_world();
    let pids = world.path("pids");
    let text = format!("echo $$ >> {0}; sleep 600 & echo $! >> {0}; wait", pids.display());
    let helper = script(&world, "sleeper", &text);
    let machine = world.machine(&world.folder()).with("SMOKE_REMOTE_HELPER", &helper).with("SMOKE_REMOTE_BUDGET", "1s");
    assert_eq!(machine.passes("only_words").warnings(), 1);
    let pids = fs::read_to_string(pids).unwrap();
    assert_eq!(pids.lines().count(), 2, "it is asked once about one artifact");
    for pid in pids.lines() {
        wait_until("it is ended", || is_over(pid));
    }
}

#[test]
fn standard_error_of_a_helper_is_kept_up_to_a_limit() {
    let world = new_world();
    let helper = script(&world, "chatty", "exec yes >&2");
    let machine = world.machine(&world.folder()).with("SMOKE_REMOTE_HELPER", &helper).with("SMOKE_REMOTE_BUDGET", "1s");
    let done = machine.passes("only_words");
    let log = machine.cache().join(".runs").join(&done.run).join("remote.log");
    assert_eq!(fs::metadata(log).unwrap().len(), 64 << 10);
}

#[test]
fn huge_numbers_in_answers_are_no_harm() {
    let world = new_world();
    let cases = "*find*) outcome=absent;; *lease*) outcome=held;; *) outcome=done;;";
    let text = answering(cases, r#", \"bytes\": 18446744073709551615"#);
    let helper = script(&world, "huge", &text);
    let machine = world.machine(&world.folder()).with("SMOKE_REMOTE_HELPER", &helper);
    let done = machine.with("SMOKE_REMOTE_BUDGET", "5000000000000000h").passes("both");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 0), "{}", done.stderr);
}

#[test]
fn unsupported_request_does_not_count_as_done() {
    let world = new_world();
    let text = answering("*find*) outcome=absent;; *) outcome=unsupported;;", "");
    let helper = script(&world, "unable", &text);
    let machine = world.machine(&world.folder()).with("SMOKE_REMOTE_HELPER", &helper);
    let done = machine.passes("only_words");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 1), "{}", done.stderr);
    assert!(done.stderr.contains("the helper does not support the request"), "{}", done.stderr);
}

#[test]
fn upload_beyond_the_budget_is_tried_twice_in_a_run() {
    let world = new_world();
    let stores = world.path("stores");
    let hang = format!("*store*) echo store >> {}; exec sleep 600;;", stores.display());
    let text = answering(&format!("*find*) outcome=absent;; *lease*) outcome=held;; {hang}"), "");
    let helper = script(&world, "hanging", &text);
    let machine = world.machine(&world.folder()).with("SMOKE_REMOTE_HELPER", &helper);
    let done = machine.with("SMOKE_REMOTE_BUDGET", "1s").passes("four_of_other_keys");
    assert_eq!(fs::read_to_string(stores).unwrap().lines().count(), 2);
    assert_eq!(done.warnings(), 1, "{}", done.stderr);
    assert!(done.stderr.contains("two uploads took longer than their budgets"), "{}", done.stderr);
}

#[test]
fn failure_of_a_builder_is_in_the_record_of_its_test() {
    let world = new_world();
    // Only a process that builds asks for a lease.
    let cases = "*find*) outcome=absent;; *lease*) outcome=failed;; *) outcome=done;;";
    let helper = script(&world, "leaseless", &answering(cases, ""));
    let machine = world.machine(&world.folder()).with("SMOKE_REMOTE_HELPER", &helper).with("NEXTEST", "1");
    let done = machine.passes("attribute");
    let report = done.report("words");
    assert_eq!((report.outcome, report.remote_error.as_deref()), (Outcome::Built, Some("the helper failed")));
    assert_eq!(done.warnings(), 1, "{}", done.stderr);
    let builds = machine.cache().join(".runs").join(&done.run).join("builds");
    assert_eq!(fs::read_dir(builds).unwrap().count(), 1, "the build was a process of its own");
}

#[test]
fn failed_request_is_not_repeated_within_a_run() {
    let world = new_world();
    let starts = world.path("starts");
    let counting = script(&world, "counting", &format!("echo started >> {}; exit 1", starts.display()));
    let machine = world.machine(&world.folder()).with("SMOKE_REMOTE_HELPER", &counting).with("NEXTEST", "1");
    let done = machine.passes("attribute");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 1), "{}", done.stderr);
    assert!(done.report("words").remote_error.is_some());
    assert_eq!(fs::read_to_string(starts).unwrap().lines().count(), 1);
}

#[test]
fn waiter_reports_that_another_machine_builds() {
    let world = new_world();
    let pipe = world.path("pipe");
    make_pipe(&pipe);
    let builder = world.machine(&world.folder()).with(crate::subject::WAITS, pipe.to_str().unwrap());
    let started = builder.start("attribute");
    wait_until("it builds", || builder.has_begun());
    let waiting = world.machine(&world.folder()).with("NEXTEST", "1");
    let mut test = waiting.start("attribute");
    let lines = BufReader::new(test.child.stderr.take().unwrap()).lines().map_while(Result::ok);
    // The process that builds for this test waits, and the test reports that as its build.
    let mut reported = lines.filter(|line| line.contains("building ")).take(3);
    assert!(reported.any(|line| line.contains("another machine builds it, ")));
    fs::write(&pipe, "").unwrap();
    assert!(started.done().passed);
    let done = test.done();
    assert_eq!(done.outcome("words"), Outcome::Fetched);
    let report = done.report("words");
    assert!(report.remote_bytes > 0 && report.remote_seconds > 0.0, "{report:?}");
}

#[test]
fn unwritable_run_remembers_failures_in_each_process() {
    let world = new_world();
    let starts = world.path("starts");
    let counting = script(&world, "counting", &format!("echo started >> {}; exit 1", starts.display()));
    let machine = world.machine(&world.folder()).with("SMOKE_REMOTE_HELPER", &counting);
    // A directory at the path of the file.
    let notes = machine.cache().join(".runs/run-0/remote.jsonl");
    fs::create_dir_all(&notes).unwrap();
    let done = machine.passes("four_of_other_keys");
    assert_eq!(done.warnings(), 1, "{}", done.stderr);
    assert_eq!(fs::read_to_string(starts).unwrap().lines().count(), 2);
}

#[test]
fn after_some_failures_no_process_of_the_run_asks_again() {
    let world = new_world();
    let starts = world.path("starts");
    let counting = script(&world, "counting", &format!("echo started >> {}; exit 1", starts.display()));
    let mut warnings = 0;
    for version in 0..6 {
        let machine = world.machine(&world.folder()).with("SMOKE_REMOTE_HELPER", &counting);
        let machine = machine.with(crate::subject::VERSION, &version.to_string());
        let machine = machine.with("SMOKE_CACHE_DIR", world.path("one-cache").to_str().unwrap());
        let done = machine.run_within("one", "both").done();
        assert!(done.passed, "{}", done.stderr);
        warnings += done.warnings();
    }
    assert_eq!(warnings, 1);
    let starts = fs::read_to_string(starts).unwrap().lines().count();
    assert_eq!(starts, 2);
}
