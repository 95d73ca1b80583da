//! Functions are artifacts. An artifact without a repository is built once for all tests.

use cached_smoke::Outcome;
use test_support::Sandbox;

use crate::Reports;

#[test]
fn artifact_without_a_repository_is_built_once_for_all() {
    let sandbox = Sandbox::without_git();
    let twin = sandbox.path("twin");
    std::fs::create_dir(&twin).unwrap();
    std::fs::write(twin.join("b.txt"), "another").unwrap();
    sandbox.write_smoke_toml(&format!("[repos.scikit-learn]\npath = '{}'\n", twin.display()));

    for test in ["over_two::bookshop", "over_two::scikit_learn", "over_one", "alone"] {
        sandbox.run(&format!("functions::{test}")).passes();
    }
    // Tests of suites, too.
    for test in ["of_a_suite", "of_another_suite", "beside_a_suite"] {
        let done = sandbox.run(&format!("functions::{test}")).passes();
        assert_eq!(done.outcome("vocabulary"), Outcome::Hit, "{test}");
    }
    let builds = sandbox.take_builds();
    assert_eq!(builds, ["build sizes", "build sizes", "build total", "build total", "build vocabulary", "build words"]);
}

#[test]
fn key_without_a_repository_has_no_repo_input() {
    let sandbox = Sandbox::new();
    let first = sandbox.run("functions::over_one").passes().report("vocabulary");
    assert!(first.key.starts_with("-:"), "{}", first.key);
    // Neither an edit nor a move of the repository changes it.
    std::fs::write(sandbox.repo().join("a.txt"), "edited").unwrap();
    let moved = sandbox.path("moved");
    std::fs::rename(sandbox.repo(), &moved).unwrap();
    std::fs::write(sandbox.path("project/smoke.toml"), format!("[repos.bookshop]\npath = {moved:?}")).unwrap();
    assert_eq!(sandbox.run("functions::over_one").passes().report("vocabulary").key, first.key);
    assert_eq!(sandbox.run("functions::alone").passes().report("vocabulary").key, first.key);
    // Not even the absence of repositories does.
    std::fs::remove_file(sandbox.path("project/smoke.toml")).unwrap();
    assert_eq!(sandbox.run("functions::alone").passes().report("vocabulary").key, first.key);
    assert_eq!(sandbox.take_builds(), ["build vocabulary"]);
}

#[test]
fn dependency_on_a_repository_makes_one_of_a_repository() {
    let sandbox = Sandbox::without_git();
    for test in ["sizes_over_one", "total_over_one"] {
        sandbox.run(&format!("functions::{test}")).passes();
    }
    let total = sandbox.run("functions::total_over_one").passes().report("total");
    assert!(total.key.starts_with("bookshop:"), "{}", total.key);
    assert_eq!(sandbox.take_builds(), ["build sizes", "build total", "build vocabulary"]);

    std::fs::write(sandbox.repo().join("b.txt"), "another").unwrap();
    sandbox.run("functions::total_over_one").passes();
    assert_eq!(sandbox.take_builds(), ["build sizes", "build total"]);
}

#[test]
fn artifact_of_a_repository_in_a_test_without_one_is_an_error() {
    let sandbox = Sandbox::without_git();
    for (test, subject) in [
        ("total_alone", "the artifact `total`"),
        ("words_alone", "the artifact `words`"),
        ("repo_alone", "the parameter `&Repo`"),
    ] {
        let done = sandbox.run(&format!("functions::{test}")).fails();
        let expected = format!("{subject} needs a repository, and the test has none\n");
        assert!(done.stderr.contains(&expected), "{test}: {}", done.stderr);
        assert!(done.stderr.contains("help: write `repo = "), "{test}: {}", done.stderr);
    }
    assert_eq!(sandbox.take_builds(), [""; 0]);
}

#[test]
fn trait_artifact_without_a_repository_is_built_once() {
    let sandbox = Sandbox::without_git();
    assert_eq!(sandbox.run("functions::free_over_one").passes().outcome("free"), Outcome::Built);
    assert_eq!(sandbox.run("functions::free_alone").passes().outcome("free"), Outcome::Hit);
    assert_eq!(sandbox.run("functions::with_its_code").passes().outcome("with_its_code"), Outcome::Built);
}

#[test]
fn false_statement_about_the_repository_is_an_error() {
    let sandbox = Sandbox::without_git();
    let liar = sandbox.run("functions::liar").fails().stderr;
    assert!(liar.contains("`liar` needs `words`, which is built from the repository"), "{liar}");
    assert!(liar.contains("help: remove `USES_REPO = false` from `liar`"), "{liar}");
    let intruder = sandbox.run("functions::intruder").fails().stderr;
    assert!(intruder.contains("`intruder` reads the repository, but `USES_REPO` is `false`"), "{intruder}");
}

#[test]
fn artifact_of_no_suite_without_code_is_an_error() {
    let sandbox = Sandbox::without_git();
    let done = sandbox.run("functions::without_code").fails();
    assert!(done.stderr.contains("the key of `without_code` covers no code"), "{}", done.stderr);
    assert_eq!(sandbox.take_builds(), [""; 0]);
}

#[test]
fn key_has_only_the_fields_that_the_function_takes() {
    let sandbox = Sandbox::without_git();
    let run = |at_least: &str, more: &str| {
        let run = sandbox.run("functions::limited").env("SUBJECT_AT_LEAST", at_least);
        run.env("SUBJECT_CONFIG", more).passes().last_report("limit")
    };
    assert_eq!(run("1", "{}").outcome, Outcome::Built);
    assert_eq!(run("1", "{\"tags\": [\"new\"]}").outcome, Outcome::Hit, "a field that it does not take");
    let changed = run("2", "{}");
    assert_eq!((changed.outcome, changed.reason.as_str()), (Outcome::Built, "config.lengths.at_least: 1 → 2"));
    assert_eq!(sandbox.take_builds(), ["build limit", "build limit", "build vocabulary"]);
}

#[test]
fn fields_that_exchange_their_values_change_the_key() {
    let sandbox = Sandbox::without_git();
    let run = |low: &str, high: &str| {
        sandbox.run("functions::ranged").env("SUBJECT_LOW", low).env("SUBJECT_HIGH", high).passes()
    };
    for (low, high) in [("1", "2"), ("2", "1"), ("1", "1")] {
        let done = run(low, high);
        assert_eq!([done.outcome("range"), done.outcome("span")], [Outcome::Built; 2], "{low} {high}");
    }
    assert_eq!(run("1", "2").outcome("range"), Outcome::Hit);
    // One entry alone differs in one field.
    let reason = run("3", "2").reason("range").clone();
    assert_eq!(reason, "config.range.low: 1 → 3");
}

#[test]
fn codec_is_a_key_input() {
    let sandbox = Sandbox::without_git();
    let codec = |test: &str, run: &str| {
        sandbox.run_within(run, test).env("SMOKE_STOP_AFTER", "key").passes();
        let keys = cached_smoke::tooling::read_keys(&sandbox.cache(), run).unwrap();
        let codecs = keys[0].key_inputs.iter().filter(|key_input| key_input.name == "codec");
        codecs.map(|key_input| key_input.value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(codec("functions::coded::in_json", "one"), ["json 1"]);
    assert_eq!(codec("functions::coded::renamed", "two"), ["renamed 1"]);
}

#[test]
fn artifacts_without_a_repository_are_named_by_a_dash() {
    let sandbox = Sandbox::without_git();
    let run = |variable: &str, value: &str| {
        sandbox.run("functions::over_two::bookshop").env(variable, value).passes();
        sandbox.take_builds()
    };
    assert_eq!(run("SMOKE_STRICT", "0"), ["build sizes", "build total", "build vocabulary"]);
    assert_eq!(run("SMOKE_FORCE_REBUILD", "-"), ["build vocabulary"]);
    assert_eq!(run("SMOKE_FORCE_REBUILD", "bookshop"), ["build sizes", "build total"]);
    assert_eq!(run("SMOKE_FORCE_REBUILD", "all"), ["build sizes", "build total", "build vocabulary"]);
    let left_out = sandbox.run("functions::alone").env("SMOKE_LEAVE_OUT", "-").passes();
    assert!(
        left_out.stdout.contains("skipped subject::functions::alone: SMOKE_LEAVE_OUT names it"),
        "{}",
        left_out.stdout
    );
}
