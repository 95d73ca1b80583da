//! The page of accepted forms, under cargo test and under nextest.

use std::process::Command;

use test_support::{Project, both_streams, passed, text};

const PAGE: &str = include_str!("accepted_forms.rs");

const DEPENDENCIES: &str = r#"
googletest = "0.14"
serde = { version = "1", features = ["derive"] }
serial_test = { version = "4", default-features = false }
test-log = { version = "0.2", default-features = false }
tokio = { version = "1", default-features = false, features = ["macros", "rt-multi-thread", "test-util"] }
"#;

/// What the tests that take nothing from the cache write: they run whatever becomes of the artifacts.
const WITHOUT_ARTIFACTS: [&str; 2] = ["parameters::none", "parameters::only_the_repository"];

/// What the tests write that ask their session, and not the cache, for all that they want.
const ASK_THEMSELVES: [&str; 3] =
    ["parameters::an_open_session_alone", "parameters::only_the_session", "runtimes::asks_inside_of_a_runtime"];

fn page() -> Project {
    let project = Project::new("accepted-forms", DEPENDENCIES);
    project.write("src/lib.rs", include_str!("project_lib.rs"));
    project.write("tests/page.rs", PAGE);
    std::fs::create_dir(project.path("scikit-learn")).unwrap();
    project.write("scikit-learn/file", "content");
    project.write("smoke.toml", "[repos.one]\npath = \"one\"\n[repos.scikit-learn]\npath = \"scikit-learn\"\n");
    project
}

/// What all bodies on the page write when each is run as often as it should be, sorted.
fn expected_log() -> Vec<String> {
    let literals = PAGE.split("project::log(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut lines: Vec<String> = literals.map(str::to_owned).collect();
    for function in ["several", "every", "every_async"] {
        lines.extend(["one", "scikit-learn"].map(|repo| format!("repositories::{function} over {repo}")));
    }
    lines.extend(["plain", "panicking", "several", "several"].map(|name| format!("by_example::{name}")));
    // Four more tests have such a verdict.
    lines.extend(["returns: a verdict is asked for"; 4].map(str::to_owned));
    lines.sort();
    lines
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// Every test of the page, also those that are ignored.
fn cargo_test(project: &Project) -> Command {
    let mut command = project.cargo_test();
    command.args(["--no-fail-fast", "--", "--include-ignored"]);
    command
}

/// The tests that libtest says `verdict` of, sorted.
fn judged<'a>(stdout: &'a str, verdict: &str) -> Vec<&'a str> {
    let mut tests: Vec<&str> = stdout
        .lines()
        .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(verdict)?.split([' ', '-']).next())
        .collect();
    tests.sort_unstable();
    tests
}

/// In one test, because they share a project that takes a while to compile.
#[test]
fn each_form_runs_fails_with_its_fixture_and_is_skipped() {
    let project = page();
    each_body_runs(&project);
    a_failed_fixture_fails_every_test(&project);
    what_is_left_out_passes_without_running(&project);
    names_select_a_repository(&project);
    nextest_runs_them_all(&project);
}

fn each_body_runs(project: &Project) {
    let stdout = passed(cargo_test(project));
    assert_eq!(sorted(project.take_log()), expected_log());
    let ignored = passed(project.cargo_test());
    project.take_log();
    assert_eq!(judged(&ignored, "ignored").len(), 1, "{ignored}");
    assert_eq!(judged(&ignored, "ignored, a reason").len(), 1, "{ignored}");
    assert_eq!(judged(&stdout, "ok").len(), judged(&ignored, "ok").len() + 2);
}

fn a_failed_fixture_fails_every_test(project: &Project) {
    for order in ["FAIL", "PANIC", "PANIC_IN_KEY"] {
        let mut command = cargo_test(project);
        command.env(order, "graph").env("SMOKE_CACHE_DIR", project.path(order));
        let output = command.output().unwrap();
        let stdout = text(&output.stdout);
        assert_eq!(judged(&stdout, "ok"), WITHOUT_ARTIFACTS, "{order}: {}", both_streams(&output));
        let log = sorted(project.take_log());
        let mut expected = [&WITHOUT_ARTIFACTS[..], &ASK_THEMSELVES[..]].concat();
        expected.sort_unstable();
        assert_eq!(log, expected, "{order}: no other body ran");
    }
}

fn what_is_left_out_passes_without_running(project: &Project) {
    let mut command = cargo_test(project);
    command.env("SMOKE_LEAVE_OUT", "one,scikit-learn");
    let stdout = passed(command);
    assert_eq!(judged(&stdout, "FAILED"), [""; 0]);
    assert_eq!(project.take_log(), [""; 0]);
}

fn names_select_a_repository(project: &Project) {
    let mut command = project.cargo_test();
    command.args(["scikit_learn", "--", "--list", "--format", "terse"]);
    let expected = [
        "by_example::several::scikit_learn: test",
        "repositories::every::scikit_learn: test",
        "repositories::every_async::scikit_learn: test",
        "repositories::several::scikit_learn: test",
    ];
    let stdout = passed(command);
    let listed: Vec<&str> = stdout.lines().filter(|line| line.ends_with(": test")).collect();
    assert_eq!(listed, expected);
}

fn nextest_runs_them_all(project: &Project) {
    let Some(all) = project.nextest(&["--run-ignored", "all"]) else { return };
    passed(all);
    assert_eq!(sorted(project.take_log()), expected_log());

    passed(project.nextest(&["-E", "test(/scikit_learn/)"]).unwrap());
    let expected = [
        "by_example::several",
        "repositories::every over scikit-learn",
        "repositories::every_async over scikit-learn",
        "repositories::several over scikit-learn",
    ];
    assert_eq!(sorted(project.take_log()), expected);
}
