//! Compares a hundred `#[cached_smoke]` tests under nextest with a hundred empty tests.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use crate::samples::{Values, in_turns};
use crate::setup::Setup;
use crate::table::{Goal, Table};

const TESTS: u32 = 100;

pub(super) fn run(setup: &Setup, table: &mut Table) {
    println!("\n{TESTS} tests under nextest, one after the other:");
    if !is_installed() {
        return;
    }
    write_project(setup);
    for (profile, name, goal) in [("release", "release", 3.0), ("dev", "debug", 6.0)] {
        run_tests(setup, profile, "annotated");
        let rounds = setup.rounds.min(9);
        let [empty, annotated] =
            in_turns(rounds, [&|| run_tests(setup, profile, "empty"), &|| run_tests(setup, profile, "annotated")]);
        let (empty, annotated) = per_test(&empty, &annotated, name);
        let what = format!("a #[cached_smoke] test − an empty one, under nextest ({name})");
        table.value(what, (annotated - empty) * 1e3 / f64::from(TESTS), "ms", Goal::AtMost(goal));
    }
}

fn per_test(empty: &Values, annotated: &Values, name: &str) -> (f64, f64) {
    (empty.print(&format!("empty tests ({name})")), annotated.print(&format!("tests with graph and index ({name})")))
}

pub(super) fn is_installed() -> bool {
    let nextest = Command::new(env!("CARGO")).args(["nextest", "--version"]).output();
    let is_installed = nextest.is_ok_and(|output| output.status.success());
    if !is_installed {
        println!("  skipped: nextest is not installed; run `cargo install --locked cargo-nextest`");
    }
    is_installed
}

/// Removes the variables of this run from a command's environment, so that it is like that of a new terminal.
pub(super) fn clean_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST", "SMOKE_", "NEXTEST"].iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}

/// Runs the tests, and returns the seconds that nextest reports. They do not include cargo's check for changed sources.
fn run_tests(setup: &Setup, profile: &str, binary: &str) -> f64 {
    let mut command = Command::new(env!("CARGO"));
    clean_environment(&mut command);
    let output = command
        .current_dir(setup.path("nextest"))
        .args(["nextest", "run", "--cargo-profile", profile, "--test", binary, "--test-threads", "1"])
        .args(["--color", "never", "--status-level", "none", "--offline"])
        .env("CARGO_TARGET_DIR", setup.path("nextest-target"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    // "     Summary [   1.234s] 100 tests run: 100 passed, 0 skipped"
    let summary = text.lines().find(|line| line.trim_start().starts_with("Summary [")).unwrap();
    let seconds = summary.split(['[', ']']).nth(1).unwrap();
    seconds.trim().trim_end_matches('s').parse().unwrap()
}

/// Writes a package whose tests use the cache of this benchmark. Dependencies are optimised, as the guide
/// recommends.
fn write_project(setup: &Setup) {
    let workspace = crate::WORKSPACE;
    let project = setup.path("nextest");
    fs::create_dir_all(project.join("tests/smoke")).unwrap();
    fs::create_dir_all(project.join("src")).unwrap();
    fs::write(project.join("src/lib.rs"), "").unwrap();
    let manifest = format!(
        "[package]\nname = \"hundred\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         cached-smoke = {{ path = '{workspace}/runtime' }}\n\
         code-index = {{ path = '{workspace}/examples/code-index' }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\n[profile.dev.package.\"*\"]\nopt-level = 3\n"
    );
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    fs::copy(format!("{workspace}/Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let django = fs::read_to_string(setup.path("smoke.toml")).unwrap();
    fs::write(
        project.join("smoke.toml"),
        django.replace("\"cache\"", "\"../cache\"").replace("= \"", "= \"../").replace("\"../../", "\"../"),
    )
    .unwrap();
    let support = include_str!("../../../tests/smoke/mod.rs");
    let support = support.replace("\"../examples/code-index/src\", \"../tests/smoke\"", "\"tests/smoke\"");
    fs::write(project.join("tests/smoke/mod.rs"), support).unwrap();
    let (mut annotated, mut empty) = (
        "mod smoke;\nuse code_index::{DependencyGraph, SparseIndex};\nuse smoke::cached_smoke;\n".to_owned(),
        String::new(),
    );
    for number in 0..TESTS {
        let _ = write!(
            annotated,
            "#[cached_smoke(repo = \"django\")]\nfn t{number}(graph: &DependencyGraph, index: &SparseIndex) {{\n    \
             assert!(graph.node(\"/\").is_some() && !index.is_empty());\n}}\n"
        );
        let _ = write!(empty, "#[test]\nfn t{number}() {{}}\n");
    }
    fs::write(project.join("tests/annotated.rs"), annotated).unwrap();
    fs::write(project.join("tests/empty.rs"), empty).unwrap();
}
