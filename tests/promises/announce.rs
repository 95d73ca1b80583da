//! A build that takes long is announced to the user, past the output capture of the test runner.
#![cfg(unix)]

use std::fs;
use std::io::Read;
use std::process::Command;

use test_support::{Run, Sandbox, Started, wait_until};

const BEGUN: &str = "[smoke-cache] building `words` of bookshop: first build";
const BUILT: &str = "[smoke-cache] built `words` of bookshop in N s; the next run restores it";

/// Runs a process whose build waits until it is announced. Returns all lines of its standard error.
fn lines_of_slow_build(run: Run<'_>) -> Vec<String> {
    lines_on(run, |started| Box::new(started.child.stderr.take().unwrap()))
}

/// Runs a process whose build waits until it is announced on a stream. Returns all lines of the stream.
fn lines_on(run: Run<'_>, stream: fn(&mut Started) -> Box<dyn Read>) -> Vec<String> {
    // Without its announcement, the build would wait for ever.
    let run = run.wrapped("timeout", &["--signal=KILL", "60"]);
    let (mut started, held) = run.start_until_in("words");
    let (mut stream, mut read) = (stream(&mut started), Vec::new());
    let mut text = || -> Option<String> {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).unwrap_or(0);
        read.extend_from_slice(&chunk[..count]);
        (count > 0).then(|| String::from_utf8_lossy(&read).into_owned())
    };
    while text().is_some_and(|text| announcements(text.lines()).is_empty()) {}
    drop(held);
    while text().is_some() {}
    let done = started.done();
    let text = String::from_utf8_lossy(&read);
    assert!(done.passed, "{text}{}{}", done.stdout, done.stderr);
    // A line on a terminal ends with a control sequence.
    text.split(['\n', '\u{1b}']).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Returns the announcements among the lines, with `N` for each duration.
fn announcements<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let start = |line: &str| line.find("[smoke-cache] building").or_else(|| line.find("[smoke-cache] built"));
    // The progress of a builder process looks alike.
    let lines = lines.into_iter().filter(|line| !line.contains(": counting its words ("));
    let announced = lines.filter_map(|line| start(line).map(|at| line[at..].trim_end()));
    let without_numbers = |line: &str| {
        let words = line.split(' ').map(|word| match word {
            // The unit of a short build.
            "ms;" => "s;",
            word if word.trim_start_matches('<').parse::<f64>().is_ok() => "N",
            word => word,
        });
        words.collect::<Vec<_>>().join(" ")
    };
    announced.map(without_numbers).collect()
}

#[track_caller]
fn assert_announced(lines: &[String], expected: &[&str]) {
    assert_eq!(announcements(lines.iter().map(String::as_str)), expected, "{lines:#?}");
}

#[test]
fn slow_build_is_announced_although_the_test_passes() {
    let sandbox = Sandbox::new();
    let lines = lines_of_slow_build(sandbox.run("only_words").captured());
    assert_announced(&lines, &[BEGUN, BUILT]);
    assert_eq!(lines.len(), 2, "libtest captures the rest: {lines:#?}");
}

#[test]
fn build_that_was_slow_is_announced_at_its_start() {
    let sandbox = Sandbox::new();
    lines_of_slow_build(sandbox.run("only_words"));
    // This build takes milliseconds.
    let done = sandbox.run("only_words").env("SMOKE_FORCE_REBUILD", "all").passes();
    let begun = "[smoke-cache] building `words` of bookshop, N s last time:";
    assert_eq!(announcements(done.stderr.lines()), [begun, BUILT], "{}", done.stderr);
    assert!(done.stderr.contains(" last time:\n    forced by SMOKE_FORCE_REBUILD\n"), "{}", done.stderr);
}

#[test]
fn short_builds_and_hits_are_not_announced() {
    let sandbox = Sandbox::new();
    for runner in ["", "", "1"] {
        let done = sandbox.run("both").env("NEXTEST", runner).passes();
        assert_eq!(announcements(done.stderr.lines()), [""; 0], "{}", done.stderr);
    }
}

#[test]
fn time_of_a_dependency_counts_for_the_dependency_alone() {
    let sandbox = Sandbox::new();
    assert_announced(&lines_of_slow_build(sandbox.run("only_lengths")), &[BEGUN, BUILT]);
}

#[test]
fn build_of_a_builder_process_is_announced_once() {
    let sandbox = Sandbox::new();
    assert_announced(&lines_of_slow_build(sandbox.run("only_words").env("NEXTEST", "1")), &[BEGUN, BUILT]);

    // The builder of `lengths` builds `words` as well.
    let sandbox = Sandbox::new();
    let lines = lines_of_slow_build(sandbox.run("only_lengths").env("NEXTEST", "1"));
    let lengths = [BEGUN, BUILT].map(|line| line.replace("words", "lengths"));
    // The build of `words` starts milliseconds after that of `lengths`, so it may end before it is announced.
    let (words, rest): (Vec<String>, Vec<String>) = lines.into_iter().partition(|line| line.contains("built `words`"));
    assert!(words.len() <= 1, "{words:?}");
    assert_announced(&rest, &[&lengths[0], &lengths[1]]);
}

#[test]
fn announcements_can_be_turned_off() {
    for (table, variable) in [("", "off"), ("[defaults]\nannounce = false\n", "")] {
        let sandbox = Sandbox::new();
        lines_of_slow_build(sandbox.run("only_words"));
        sandbox.write_smoke_toml(table);
        let run = sandbox.run("only_words").env("SMOKE_FORCE_REBUILD", "all").env("SMOKE_ANNOUNCE", variable);
        let done = run.passes();
        assert_eq!(announcements(done.stderr.lines()), [""; 0], "{}", done.stderr);
        assert_eq!(sandbox.take_builds(), ["build words", "build words"]);
    }
}

#[test]
fn private_build_is_announced_with_its_reason() {
    let sandbox = Sandbox::new();
    let lines = lines_of_slow_build(sandbox.run("only_words").env("SMOKE_CACHE", "off"));
    let begun = "[smoke-cache] building `words` of bookshop: SMOKE_CACHE=off";
    let built = "[smoke-cache] built `words` of bookshop in N s; it is not kept: SMOKE_CACHE=off";
    assert_announced(&lines, &[begun, built]);
}

/// Lets a shell on a terminal start the process as nextest does. The process writes to the files `out` and `err`, and
/// the shell to its terminal, which is the standard output of the returned process. The shell runs `before` first.
///
/// Returns `None`, and prints a line, if no program makes a terminal.
fn below_a_terminal<'a>(sandbox: &'a Sandbox, before: &str) -> Option<Run<'a>> {
    let works = Command::new("script").args(["-qefc", "test -t 2", "/dev/null"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: `script` of util-linux is not installed, or cannot make a terminal");
        return None;
    }
    let root = sandbox.path("");
    let inner = format!("cd '{}'; {before}; \"$SELF\" $ARGUMENTS >out 2>err & wait $!; exit $?", root.display());
    let outer = "SELF=$0 ARGUMENTS=$* SHELL=/bin/sh exec script -qefc \"$INNER\" /dev/null";
    let outer = format!("export SELF ARGUMENTS SHELL; {outer}");
    Some(sandbox.run("only_words").env("INNER", inner).env("NEXTEST", "1").wrapped("sh", &["-c", &outer]))
}

#[test]
fn captured_process_announces_on_the_terminal() {
    let sandbox = Sandbox::new();
    let Some(run) = below_a_terminal(&sandbox, "true") else { return };
    let lines = lines_on(run, |started| Box::new(started.child.stdout.take().unwrap()));
    assert_announced(&lines, &[BEGUN, BUILT]);
    let captured = fs::read_to_string(sandbox.path("err")).unwrap();
    assert_eq!(announcements(captured.lines()), [""; 0], "not twice: {captured}");
}

#[test]
fn terminal_that_must_not_be_written_to_is_left_alone() {
    // The system stops a background process that writes to such a terminal.
    for before in ["stty tostop; set -m", "exec 2>log"] {
        let sandbox = Sandbox::new();
        let Some(run) = below_a_terminal(&sandbox, before) else { return };
        let (started, held) = run.start_until_in("words");
        let captured = || fs::read_to_string(sandbox.path("err")).unwrap_or_default();
        wait_until("the announcement is captured", || captured().contains(BEGUN));
        drop(held);
        let terminal = started.done();
        assert!(terminal.passed, "{}", terminal.stdout);
        assert_eq!(announcements(terminal.stdout.lines()), [""; 0], "{before}: {}", terminal.stdout);
        assert_eq!(announcements(captured().lines()), [BEGUN, BUILT], "{before}");
    }
}
