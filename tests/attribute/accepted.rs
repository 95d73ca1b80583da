//! The accepted forms, under cargo test and under nextest.

use std::process::Command;

use test_support::{Project, both_streams, passed, text};

macro_rules! forms {
    ($($name:literal),*) => { [$(($name, include_str!(concat!("accepted_forms/", $name)))),*] };
}

/// The files of the test binary, and their text.
const FORMS: [(&str, &str); 11] = forms![
    "main.rs",
    "arguments.rs",
    "attributes.rs",
    "by_example.rs",
    "other_crates.rs",
    "parameters.rs",
    "repositories.rs",
    "returns.rs",
    "runtimes.rs",
    "shadowed.rs",
    "support.rs"
];

const DEPENDENCIES: &str = r#"
googletest = "0.14"
insta = { version = "1", default-features = false }
proptest = { version = "1", default-features = false, features = ["std"] }
rstest = { version = "0.29", default-features = false }
serde = { version = "1", features = ["derive"] }
serial_test = { version = "4", default-features = false }
test-case = "3"
test-log = { version = "0.2", default-features = false }
tokio = { version = "1", default-features = false, features = ["macros", "rt-multi-thread", "test-util"] }
"#;

/// The names of the snapshots in `other_crates.rs`, and their text. A test whose snapshot has another name fails.
const SNAPSHOTS: [(&str, &str); 6] = [
    ("in_a_file", "file"),
    ("in_a_file-2", "1"),
    ("over_repositories@one", "file"),
    ("over_repositories@scikit-learn", "file"),
    ("with_an_open_session", "file"),
    ("asynchronous", "file"),
];

/// The lines of tests that take nothing from the cache. They run even if every artifact fails.
const WITHOUT_ARTIFACTS: [&str; 2] = ["parameters::none", "parameters::only_the_repository"];

/// The lines of tests whose bodies ask the session for all artifacts. They begin to run even if every artifact fails.
const ASK_THEMSELVES: [&str; 3] =
    ["parameters::an_open_session_alone", "parameters::only_the_session", "runtimes::asks_inside_of_a_runtime"];

fn project_with_forms() -> Project {
    let project = Project::new("accepted-forms", DEPENDENCIES);
    project.write("src/lib.rs", include_str!("project_lib.rs"));
    for directory in ["tests/forms/snapshots", "scikit-learn"] {
        std::fs::create_dir_all(project.path(directory)).unwrap();
    }
    for (name, text) in FORMS {
        project.write(&format!("tests/forms/{name}"), text);
    }
    for (name, text) in SNAPSHOTS {
        let path = format!("tests/forms/snapshots/forms__other_crates__of_insta__{name}.snap");
        project.write(&path, &format!("---\nsource: tests/forms/other_crates.rs\nexpression: names\n---\n{text}\n"));
    }
    project.write("scikit-learn/file", "content");
    project.write("smoke.toml", "[repos.one]\npath = \"one\"\n[repos.scikit-learn]\npath = \"scikit-learn\"\n");
    project
}

/// Returns the lines of all test bodies, if each runs as often as it should, sorted.
fn expected_log() -> Vec<String> {
    let calls = FORMS.iter().flat_map(|(_, text)| text.split("project::log(\"").skip(1));
    let mut lines: Vec<String> = calls.map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    for function in ["several", "every", "every_async"] {
        lines.extend(["one", "scikit-learn"].map(|repo| format!("repositories::{function} over {repo}")));
    }
    lines.extend(["plain", "panicking", "several", "several"].map(|name| format!("by_example::{name}")));
    for (module, function, cases) in [
        ("of_rstest", "cases", ["of file", "of none"]),
        ("of_rstest", "values", ["of 1", "of 2"]),
        ("of_rstest", "copies", ["of 1", "of 2"]),
        ("of_rstest", "over_repositories", ["over one", "over scikit-learn"]),
        ("of_test_case", "cases", ["of file", "of none"]),
        ("of_test_case", "numbers", ["of 1", "of 2"]),
        ("of_test_case", "combinations", ["of 1", "of 2"]),
        ("of_insta", "over_repositories", ["over one", "over scikit-learn"]),
    ] {
        lines.extend(cases.map(|case| format!("other_crates::{module}::{function} {case}")));
    }
    // Four more tests return such a value.
    lines.extend(["returns: a verdict is asked for"; 4].map(str::to_owned));
    lines.sort();
    lines
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// Returns a command that runs every form, including ignored tests.
fn cargo_test(project: &Project) -> Command {
    let mut command = project.cargo_test();
    command.args(["--no-fail-fast", "--", "--include-ignored"]);
    command
}

/// Returns the tests for which libtest prints `verdict`, sorted.
fn judged<'a>(stdout: &'a str, verdict: &str) -> Vec<&'a str> {
    let mut tests: Vec<&str> = stdout
        .lines()
        .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(verdict)?.split([' ', '-']).next())
        .collect();
    tests.sort_unstable();
    tests
}

/// One test, because compiling the project takes a while.
#[test]
fn each_form_runs_fails_with_its_fixture_and_is_skipped() {
    let project = project_with_forms();
    each_body_runs(&project);
    failed_fixture_fails_every_test(&project);
    skipped_tests_pass_and_do_not_run(&project);
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

fn failed_fixture_fails_every_test(project: &Project) {
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

fn skipped_tests_pass_and_do_not_run(project: &Project) {
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
        "other_crates::of_insta::over_repositories::scikit_learn: test",
        "other_crates::of_rstest::over_repositories::scikit_learn::case_1: test",
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
        "other_crates::of_insta::over_repositories over scikit-learn",
        "other_crates::of_rstest::over_repositories over scikit-learn",
        "repositories::every over scikit-learn",
        "repositories::every_async over scikit-learn",
        "repositories::several over scikit-learn",
    ];
    assert_eq!(sorted(project.take_log()), expected);
}
