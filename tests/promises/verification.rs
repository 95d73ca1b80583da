//! A stored artifact is built again and compared: `SMOKE_VERIFY`.
#![cfg(target_os = "linux")]

use std::fs;

use cached_smoke::tooling::{Verification, read_verifications};
use cached_smoke::{Outcome, Rebuilt};
use test_support::{Done, Run, Sandbox, tamper, write_executable};

use crate::Reports;

/// A sandbox with everything that the builds of `undeclared.rs` read.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::without_git();
    fs::write(sandbox.path("neighbour.txt"), "one").unwrap();
    fs::create_dir(sandbox.path("listing")).unwrap();
    for name in ["a", "b"] {
        fs::write(sandbox.path("listing").join(name), "").unwrap();
    }
    write_executable(&sandbox.path("program"), "#!/bin/sh\necho one\n");
    sandbox
}

/// Prepares a run of a test of `undeclared.rs`.
fn run<'a>(sandbox: &'a Sandbox, test: &str) -> Run<'a> {
    sandbox.run(&format!("undeclared::{test}")).env("READS_VARIABLE", "one")
}

fn results(done: &Done) -> Vec<Verification> {
    read_verifications(&done.cache, &done.run).unwrap()
}

/// Returns the only result of the run.
#[track_caller]
fn result(done: &Done) -> Verification {
    let mut results = results(done);
    assert_eq!(results.len(), 1, "{results:#?}\n{}\n{}", done.stdout, done.stderr);
    results.remove(0)
}

#[track_caller]
fn assert_contains(text: &str, words: &[&str]) {
    for words in words {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn complete_key_passes_every_verification() {
    let sandbox = sandbox();
    for test in ["nothing", "declared_variable"] {
        run(&sandbox, test).passes();
        for verify in ["1", "1,vary"] {
            let done = run(&sandbox, test).env("SMOKE_VERIFY", verify).passes();
            let report = done.report(test);
            assert_eq!((report.outcome, report.verified), (Outcome::Hit, Some(Rebuilt::Same)), "{}", done.stderr);
            let result = result(&done);
            assert_eq!((result.result, result.builds), (Rebuilt::Same, 1), "{verify}: {result:#?}");
        }
    }
}

/// Each change is one that a user makes between two runs.
#[test]
fn changed_input_that_no_key_names_is_stale() {
    type Change = fn(&Sandbox);
    let cases: [(&str, Change); 3] = [
        ("neighbour", |sandbox| fs::write(sandbox.path("neighbour.txt"), "two").unwrap()),
        ("program", |sandbox| write_executable(&sandbox.path("program"), "#!/bin/sh\necho two\n")),
        ("other_entry", |sandbox| drop(sandbox.run("only_count").env("SMOKE_FORCE_REBUILD", "all").passes())),
    ];
    for (test, change) in cases {
        let sandbox = sandbox();
        sandbox.run("only_count").passes();
        run(&sandbox, test).passes();
        run(&sandbox, test).env("SMOKE_VERIFY", "1").passes();
        change(&sandbox);
        let done = run(&sandbox, test).env("SMOKE_VERIFY", "1").fails();
        let result = result(&done);
        assert_eq!((result.result, result.builds), (Rebuilt::Stale, 2), "{test}: {result:#?}");
        assert_contains(
            &done.stderr,
            &[
                &format!("`{test}` of bookshop is stale"),
                "text differs from byte ",
                "in line 2:",
                "the stored artifact is set aside",
                "help: declare what the build of",
            ],
        );
        let next = run(&sandbox, test).passes();
        assert_eq!(next.outcome(test), Outcome::Built, "it is set aside: {}", next.stderr);
    }
}

#[test]
fn changed_variable_is_named() {
    let sandbox = sandbox();
    run(&sandbox, "variable").passes();
    let done = run(&sandbox, "variable").env("READS_VARIABLE", "two").env("SMOKE_VERIFY", "1").fails();
    assert_contains(
        &done.stderr,
        &[
            "  stored: one\n",
            "  new:    two\n",
            "variable READS_VARIABLE has another value",
            "help: if the build of `variable` reads it, add `key.env(\"READS_VARIABLE\")` to its `key`",
        ],
    );
    let kept = result(&done).kept.unwrap();
    for (build, text) in [("stored", "one"), ("new", "two")] {
        let kept = fs::read_to_string(format!("{kept}/{build}/text")).unwrap();
        assert_eq!(kept, format!("what was read:\n{text}\n"));
    }
}

#[test]
fn builds_that_differ_from_each_other_are_not_deterministic() {
    for test in ["clock", "randomness", "hash_order"] {
        let sandbox = sandbox();
        run(&sandbox, test).passes();
        let done = run(&sandbox, test).env("SMOKE_VERIFY", "1").fails();
        let result = result(&done);
        assert_eq!((result.result, result.builds), (Rebuilt::NotDeterministic, 2), "{result:#?}");
        assert_contains(&done.stderr, &["is not deterministic", "  first: ", "  second: ", "or let `Artifact::same`"]);
        assert!(fs::exists(format!("{}/second/text", result.kept.unwrap())).unwrap());
        let next = run(&sandbox, test).passes();
        assert_eq!(next.outcome(test), Outcome::Hit, "the stored artifact is as good as any");
    }
}

#[test]
fn each_part_of_the_environment_is_varied_and_named() {
    let sandbox = sandbox();
    for (test, cause) in [
        ("variable", "READS_VARIABLE"),
        ("home", "HOME"),
        ("time_zone", "TZ"),
        ("working_directory", "the working directory"),
        ("temporary_directory", "TMPDIR"),
        ("umask", "the umask"),
        ("locale", "the locale"),
        ("hash_seed", "the hash seeds"),
        ("cores", "the number of cores"),
    ] {
        if test == "cores" && std::thread::available_parallelism().unwrap().get() == 1 {
            eprintln!("skipped: this machine has one core");
            continue;
        }
        run(&sandbox, test).passes();
        let plain = run(&sandbox, test).env("SMOKE_VERIFY", "1").passes();
        assert_eq!(result(&plain).result, Rebuilt::Same);
        let done = run(&sandbox, test).env("SMOKE_VERIFY", "1,vary").fails();
        let result = result(&done);
        assert_eq!(result.result, Rebuilt::Varies, "{test}: {result:#?}");
        assert_eq!(result.causes, [cause], "{test}: {result:#?}");
        assert_contains(&done.stderr, &[&format!("`{test}` of bookshop varies"), &format!("this build: {cause}")]);
        assert_eq!(run(&sandbox, test).passes().outcome(test), Outcome::Hit, "it is not stale");
    }
}

/// The variation of 2 is 3, which the stored build used by default.
#[test]
fn variation_with_the_value_of_the_stored_build_hides_nothing() {
    let sandbox = sandbox();
    run(&sandbox, "number").passes();
    let done = run(&sandbox, "number").env("READS_VARIABLE", "2").env("SMOKE_VERIFY", "1,vary").fails();
    assert_eq!(result(&done).result, Rebuilt::Stale, "{}", done.stderr);
    assert_contains(&done.stderr, &["variable READS_VARIABLE has another value"]);
    let next = run(&sandbox, "number").passes();
    assert_eq!(next.reason("number"), "its entry was set aside as stale or damaged");
}

#[test]
fn variable_that_decides_the_key_is_not_a_cause() {
    let sandbox = sandbox();
    let configured = || sandbox.run("configured_count").env("SUBJECT_NESTED", "some none");
    configured().passes();
    let done = configured().env("SMOKE_VERIFY", "1,vary").passes();
    assert_eq!(result(&done).result, Rebuilt::Same, "{}", done.stderr);
}

#[test]
fn same_compares_what_matters() {
    let sandbox = sandbox();
    run(&sandbox, "stamped").passes();
    let done = run(&sandbox, "stamped").env("SMOKE_VERIFY", "1").passes();
    assert_eq!(result(&done).result, Rebuilt::Same);
    let done = run(&sandbox, "stamped").env("SMOKE_VERIFY", "1").env("READS_VARIABLE", "two").fails();
    assert_eq!(result(&done).result, Rebuilt::Stale);
    assert_contains(&done.stderr, &["\"one\" became \"two\""]);
}

#[test]
fn dependencies_of_hits_are_verified() {
    let sandbox = sandbox();
    run(&sandbox, "above").passes();
    let done = run(&sandbox, "above").env("READS_VARIABLE", "two").env("SMOKE_VERIFY", "1").fails();
    assert_eq!((result(&done).artifact, result(&done).result), ("variable".to_owned(), Rebuilt::Stale));
    assert_contains(&done.stderr, &["`variable` of bookshop is stale"]);
}

#[test]
fn dependents_of_a_stale_artifact_are_set_aside_with_it() {
    let sandbox = sandbox();
    for test in ["higher", "neighbour"] {
        run(&sandbox, test).passes();
    }
    // The sample of this run has the dependency alone.
    let done = run(&sandbox, "variable").env("READS_VARIABLE", "longer").env("SMOKE_VERIFY", "1").fails();
    for dependent in ["above", "higher"] {
        let line = format!("`{dependent}` of bookshop, which was built from it, is set aside, too");
        assert_contains(&done.stderr, &[&line]);
    }
    let next = run(&sandbox, "higher").env("READS_VARIABLE", "longer").passes();
    assert_eq!([next.outcome("higher"), next.outcome("above")], [Outcome::Built; 2]);
    assert_eq!(run(&sandbox, "neighbour").passes().outcome("neighbour"), Outcome::Hit);
}

#[test]
fn damaged_dependency_is_reported() {
    let sandbox = sandbox();
    run(&sandbox, "above").passes();
    tamper(&sandbox.entry_file("variable.tar.zst"), |_| b"damage".to_vec());
    fs::remove_dir_all(sandbox.cache().join(".unpacked")).unwrap();
    let done = run(&sandbox, "above").env("SMOKE_VERIFY", "1").passes();
    let mut found: Vec<_> = results(&done).into_iter().map(|one| (one.artifact, one.result)).collect();
    found.sort();
    assert_eq!(found, [("above".to_owned(), Rebuilt::Same), ("variable".to_owned(), Rebuilt::Unverified)]);
    assert_contains(&results(&done)[0].report.join("\n"), &["the stored artifact cannot be read: "]);
}

#[test]
fn verification_happens_once_in_a_run() {
    let sandbox = sandbox();
    for test in ["several", "variable"] {
        run(&sandbox, test).passes();
    }
    sandbox.take_log();
    for test in ["several", "variable", "neighbour"] {
        let run = sandbox.run_within("one", &format!("undeclared::{test}")).env("READS_VARIABLE", "one");
        run.env("SMOKE_VERIFY", "1").passes();
    }
    assert_eq!(sandbox.take_builds(), ["build count", "build neighbour", "build variable"]);
    assert_eq!(read_verifications(&sandbox.cache(), "one").unwrap().len(), 3);
}

#[test]
fn every_test_of_a_run_fails_with_the_finding() {
    let sandbox = sandbox();
    run(&sandbox, "randomness").passes();
    for _ in 0..2 {
        let run = sandbox.run_within("one", "undeclared::randomness").env("SMOKE_VERIFY", "1");
        assert_contains(&run.fails().stderr, &["`randomness` of bookshop is not deterministic"]);
    }
    assert_eq!(read_verifications(&sandbox.cache(), "one").unwrap().len(), 1);
}

#[test]
fn verification_stops_at_the_fixture_and_covers_all_parameters() {
    let sandbox = sandbox();
    run(&sandbox, "several").passes();
    fs::write(sandbox.path("neighbour.txt"), "two").unwrap();
    let several = run(&sandbox, "several").env("READS_VARIABLE", "two").env("SMOKE_STOP_AFTER", "fixture");
    let done = several.env("SMOKE_VERIFY", "1").fails();
    let mut found: Vec<_> = results(&done).into_iter().map(|one| (one.artifact, one.result)).collect();
    found.sort();
    let expected = [("count", Rebuilt::Same), ("neighbour", Rebuilt::Stale), ("variable", Rebuilt::Stale)];
    assert_eq!(found, expected.map(|(artifact, result)| (artifact.to_owned(), result)));
}

#[test]
fn build_that_fails_in_a_changed_world_is_a_finding() {
    let sandbox = sandbox();
    run(&sandbox, "neighbour").passes();
    fs::remove_file(sandbox.path("neighbour.txt")).unwrap();
    let done = run(&sandbox, "neighbour").env("SMOKE_VERIFY", "1").fails();
    assert_eq!(result(&done).result, Rebuilt::Fails);
    assert_contains(&done.stderr, &["cannot be built again", "No such file"]);
    assert_eq!(run(&sandbox, "neighbour").passes().outcome("neighbour"), Outcome::Hit, "nothing can replace it");
}

#[test]
fn fresh_and_unsampled_artifacts_are_not_built_again() {
    let sandbox = sandbox();
    let first = run(&sandbox, "variable").env("SMOKE_VERIFY", "1").passes();
    assert_eq!((first.outcome("variable"), results(&first)), (Outcome::Built, vec![]));
    for verify in ["0", "1,older-than=1d", "1/1000000000000"] {
        let done = run(&sandbox, "variable").env("SMOKE_VERIFY", verify).env("READS_VARIABLE", "two").passes();
        assert_eq!(results(&done), [], "{verify}");
    }
    let done = run(&sandbox, "variable").env("SMOKE_VERIFY", "1,older-than=0s").passes();
    assert_eq!(result(&done).result, Rebuilt::Same);
    let wrong = run(&sandbox, "variable").env("SMOKE_VERIFY", "sometimes").fails();
    assert_contains(&wrong.stderr, &["SMOKE_VERIFY is `sometimes`, but must be `0`, `1`, or a share"]);
}

#[test]
fn read_only_cache_keeps_a_stale_artifact() {
    let sandbox = sandbox();
    run(&sandbox, "variable").passes();
    let stale = run(&sandbox, "variable").env("READS_VARIABLE", "two").env("SMOKE_VERIFY", "1");
    let done = stale.env("SMOKE_CACHE", "read-only").fails();
    assert_contains(&done.stderr, &["is stale", "the stored artifact stays, because the cache is read-only"]);
    assert_eq!(run(&sandbox, "variable").passes().outcome("variable"), Outcome::Hit);
}

/// A test that opens a session itself has run code before: its own process builds.
#[test]
fn artifact_of_a_plain_test_is_built_in_its_process() {
    let sandbox = sandbox();
    sandbox.run("goes_on_without_artifacts").passes();
    sandbox.take_log();
    let done = sandbox.run("goes_on_without_artifacts").env("SMOKE_VERIFY", "1,vary").passes();
    assert_eq!(sandbox.take_builds(), ["build count", "build lengths", "build words"]);
    assert!(results(&done).iter().all(|one| one.result == Rebuilt::Same), "{:#?}", results(&done));
}

#[test]
fn nothing_of_a_private_build_reaches_the_cache() {
    let sandbox = sandbox();
    run(&sandbox, "above").passes();
    // The dependency is gone: the private build makes it for itself.
    fs::remove_file(sandbox.entry_file("variable.json")).unwrap();
    let done = run(&sandbox, "above").env("SMOKE_VERIFY", "1").passes();
    assert_eq!(result(&done).result, Rebuilt::Same, "{}", done.stderr);
    let now = sandbox.entry_files();
    assert!(!now.iter().any(|path| path.ends_with("variable.json")), "{now:?}");
}
