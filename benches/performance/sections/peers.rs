//! Compares ten tests over graph and index, whose fixture is provided by different crates and by nextest.

use std::fs;
use std::process::Command;
use std::time::Instant;

use crate::samples::Values;
use crate::setup::Setup;
use crate::table::{Goal, Table};

/// The maximum number of rounds. A round takes up to ten builds of several seconds.
const MAX_ROUNDS: usize = 3;

/// The result of a run of ten tests.
struct Run {
    seconds: f64,
    passed: usize,
}

pub(super) fn run(setup: &Setup, table: &mut Table) {
    println!(
        "\nten tests under nextest, two at a time, release build: seconds from its start to its end, and how many pass"
    );
    if !super::nextest::is_installed() {
        return;
    }
    let files = setup.path("peers");
    let mut ours = None;
    for (name, binary, threads) in [
        ("cached-smoke", "smoke", "2"),
        ("rstest #[once]", "once", "2"),
        ("a setup script of nextest", "setup", "2"),
        ("cached's redb_store", "store", "2"),
        ("cached's redb_store, one test at a time", "store", "1"),
    ] {
        // Compile before measuring.
        tests(setup, &["run", "--release", "--no-run", "--test", binary]);
        let arguments = ["run", "--release", "--test", binary, "--test-threads", threads, "--no-fail-fast"];
        let (mut cold, mut warm, mut passed) = (Vec::new(), Vec::new(), [usize::MAX; 2]);
        for _ in 0..setup.rounds.min(MAX_ROUNDS) {
            let _ = fs::remove_dir_all(&files);
            fs::create_dir_all(&files).unwrap();
            for (runs, passed) in [&mut cold, &mut warm].into_iter().zip(&mut passed) {
                let run = tests(setup, &arguments);
                runs.push(run.seconds);
                *passed = run.passed.min(*passed);
            }
        }
        let [cold_passed, warm_passed] = passed;
        Values::new(cold).print(&format!("{name}: first run, {cold_passed} pass"));
        let warm = Values::new(warm).print(&format!("{name}: second run, {warm_passed} pass"));
        match ours {
            None => ours = Some(warm),
            Some(ours) => {
                let what = format!("ten tests, second run, {name} ({warm_passed} pass) ÷ cached-smoke");
                table.ratio(what, warm / ours, Goal::None);
            }
        }
    }
    let _ = fs::remove_dir_all(&files);
}

fn tests(setup: &Setup, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO"));
    super::nextest::clean_environment(&mut command);
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/peers"))
        .arg("nextest")
        .args(arguments)
        .args(["--color", "never"])
        .env("CARGO_TARGET_DIR", setup.path("peers-target"))
        .env("PEERS_REPO", setup.django())
        .env("PEERS_FILES", setup.path("peers"))
        .env("SMOKE_CACHE_DIR", setup.path("peers/cache"))
        .env("SMOKE_REPO_PATHS", setup.path("django"));
    let begun = Instant::now();
    let output = command.output().unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&output.stderr);
    // "     Summary [   1.234s] 10 tests run: 10 passed, 0 skipped"
    let summary = text.lines().find(|line| line.trim_start().starts_with("Summary ["));
    let passed = summary.and_then(|line| line.split(" passed").next()?.rsplit([' ', ':']).next()?.parse().ok());
    assert!(passed.is_some() || arguments.contains(&"--no-run"), "{text}");
    Run { seconds, passed: passed.unwrap_or(0) }
}
