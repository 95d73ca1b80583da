//! The forms of `#[cached_smoke]`, in this executable. `tests/attribute` has all of them.

use std::process::Command;

use test_support::Sandbox;

#[test]
fn every_form_runs() {
    let sandbox = Sandbox::new();
    for test in [
        "both",
        "long_lengths",
        "only_repo",
        "takes_the_report",
        "asks_for_more",
        "waits_for_a_panic",
        "beneath",
        "above",
        "over_two::bookshop",
        "everywhere::bookshop",
    ] {
        sandbox.run(test).passes();
    }
}

#[test]
fn several_repositories_become_a_module_of_tests() {
    let listed = Command::new(std::env::current_exe().unwrap()).args(["--list", "--format", "terse"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let below = |module: &str| -> Vec<&str> {
        listed.lines().filter_map(|line| line.strip_prefix(module)?.strip_suffix(": test")).collect()
    };
    assert_eq!(below("subject::over_two::"), ["bookshop", "scikit_learn"]);
    let all = ["bookshop", "django", "locagent", "matplotlib", "pytest", "requests", "scikit_learn"];
    assert_eq!(below("subject::everywhere::"), all);
}
