//! Every test reports once, to people and to programs, and the two agree.

use std::fs;

use cached_smoke::Outcome;

use crate::sandbox::Sandbox;

#[test]
fn one_line_and_one_record_for_each_test() {
    let sandbox = Sandbox::new();
    for (test, cached) in [("both", "cache_hit=0 cache_miss=1"), ("both", "cache_hit=1 cache_miss=0")] {
        let done = sandbox.run(test).passes();
        let lines: Vec<&str> = done.stdout.lines().filter(|line| line.contains("[smoke-cache] test=")).collect();
        let [line] = lines[..] else { panic!("not one line: {}", done.stdout) };
        let expected = "test=subject::both repo=bookshop artifact=words,lengths ";
        assert!(line.contains(expected) && line.contains(cached), "{line}");
        let [report] = &done.reports[..] else { panic!("not one record: {:?}", done.reports) };
        assert!(line.contains(&report.to_string()));
        assert_eq!((report.test.as_str(), report.repo.as_str()), ("subject::both", "bookshop"));
    }
}

#[test]
fn a_parameter_tells_the_test_what_it_cost() {
    let sandbox = Sandbox::new();
    assert!(sandbox.run("told_of_the_cache").passes().stdout.contains("outcome=built"));
    assert!(sandbox.run("told_of_the_cache").passes().stdout.contains("outcome=hit"));
}

#[test]
fn what_a_test_asks_its_session_for_is_in_its_one_record() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("asks_for_more").passes();
    assert_eq!(done.reports.len(), 1);
    assert_eq!((done.outcome("count"), done.outcome("words")), (Outcome::Built, Outcome::Built));
}

#[test]
fn a_test_without_artifacts_reports_neither_hit_nor_miss() {
    let done = Sandbox::new().run("only_repo").passes();
    assert!(done.stdout.contains(" artifact=- cache_hit=0 cache_miss=0 "), "{}", done.stdout);
}

#[test]
fn the_key_of_a_line_names_its_entry() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("only_words").passes();
    let entry = sandbox.entry_file("words.json").parent().unwrap().to_owned();
    let name = entry.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(done.report("words").key, format!("bookshop:{}", name.replacen('-', ":", 1)));
}

#[test]
fn processes_of_one_cargo_are_one_run_without_any_variable() {
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        sandbox.run("only_words").without_env("SMOKE_RUN_ID").passes();
    }
    let runs: Vec<_> = fs::read_dir(sandbox.cache().join(".runs")).unwrap().flatten().collect();
    // Under cargo both have it as their ancestor; started by hand, each is a run of its own.
    let by_cargo = runs.iter().any(|run| run.file_name().to_string_lossy().starts_with("cargo-"));
    assert_eq!(runs.len(), if by_cargo { 1 } else { 2 });
}

#[test]
fn a_test_that_ends_its_process_has_reported() {
    assert_eq!(Sandbox::new().run("ends_its_process").fails().reports.len(), 1);
}
