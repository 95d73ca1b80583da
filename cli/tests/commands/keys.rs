//! `key` and `explain`: the keys of the artifacts that the tests would ask for.

use std::process::Output;

use test_support::{Project, SUITE, both_streams, text};

use crate::{json, out, project, runners, smoke_cache};

/// Tests without the attribute, which open sessions themselves.
const PLAIN: &str = r#"
mod suite;

use cached_smoke::Session;
use suite::{Number, Smoke};

#[test]
fn asks() {
    Session::<Smoke>::open("one").unwrap().get::<Number>().unwrap();
    panic!("noise: its body went on");
}

#[test]
fn owns() {
    Session::<Smoke>::open("one").unwrap().owned::<Number>().unwrap();
    panic!("noise: its body went on");
}

#[test]
fn goes_on_without() {
    for _ in 0..2 {
        let session = Session::<Smoke>::open("one").unwrap();
        let _ = session.get::<Number>();
    }
}

#[test]
fn asks_for_what_is_left_out() {
    Session::<Smoke>::open("two").unwrap();
}

#[test]
fn asks_for_what_is_unknown() {
    Session::<Smoke>::open("nobody").unwrap();
}

#[test]
fn fails_anyway() {
    panic!("noise");
}
"#;

/// Returns a project with tests with and without the attribute, and a second repository.
fn project_with_plain_tests(name: &str) -> Project {
    let project = project(name);
    project.write("tests/plain.rs", PLAIN);
    std::fs::create_dir(project.path("two")).unwrap();
    project.write("two/file", "content");
    project.write("smoke.toml", "[repos.one]\npath = \"one\"\n[repos.two]\npath = \"two\"\n");
    project
}

#[track_caller]
fn is_quiet(output: &Output) {
    let said = both_streams(output);
    assert!(["noise", "panicked", "nobody"].iter().all(|word| !said.contains(word)), "{said}");
}

#[test]
fn plain_tests_record_their_keys_and_build_nothing() {
    let project = project_with_plain_tests("plain-keys");
    let mut hashes = Vec::new();
    for runner in runners(&project) {
        for command in ["key", "explain"] {
            let told = smoke_cache(&project, &[command, "one", "--json", "--runner", runner]);
            let rows = json(&told);
            assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
            is_quiet(&told);
        }
        let hash = smoke_cache(&project, &["key", "one", "--hash", "--runner", runner]);
        is_quiet(&hash);
        hashes.push(out(&hash, 0));
        assert_eq!(project.take_log().len(), 0, "{runner}");
    }
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");

    // Only the tests without the attribute.
    let alone = smoke_cache(&project, &["key", "one", "--json", "--runner", "cargo", "--", "--test", "plain"]);
    assert_eq!(json(&alone).as_array().unwrap().len(), 1);
    let none = smoke_cache(
        &project,
        &["key", "one", "--runner", "cargo", "--", "--test", "plain", "asks_for_what_is_unknown"],
    );
    assert_eq!(none.status.code(), Some(2));
    let stderr = text(&none.stderr);
    assert!(
        stderr.contains("unknown repository `nobody`") && stderr.contains("error: no test recorded a key: "),
        "{stderr}"
    );
}

#[test]
fn plain_tests_that_fail_do_not_fail_populate() {
    for (name, runner) in [("plain-populated", "cargo"), ("plain-populated-too", "nextest")] {
        let project = project_with_plain_tests(name);
        if !runners(&project).contains(&runner) {
            continue;
        }
        let populated = smoke_cache(&project, &["populate", "one", "--runner", runner]);
        assert_eq!(out(&populated, 0), "1 of 1 artifacts are in the cache; 1 were built now\n");
        is_quiet(&populated);
        assert_eq!(project.take_log().len(), 1);
    }
}

#[test]
fn process_that_ends_before_its_keys_fails_the_command() {
    let project = project("ended-early");
    let suite = std::fs::read_to_string(project.path(SUITE)).unwrap();
    let name = "const NAME: &'static str = \"number\";";
    let with_key = |body: &str| {
        let key = format!("{name}\n    fn key(_: &mut cached_smoke::KeyBuilder<'_, Smoke>) {{ {body} }}");
        project.write(SUITE, &suite.replace(name, &key));
    };
    for end in ["std::process::exit(0)", "std::process::abort()"] {
        with_key(end);
        for runner in runners(&project) {
            let failed = smoke_cache(&project, &["key", "--runner", runner]);
            assert_eq!(failed.status.code(), Some(2), "{end} {runner}: {}", both_streams(&failed));
            let stderr = text(&failed.stderr);
            assert!(stderr.contains("its process ended before it recorded its keys"), "{end} {runner}: {stderr}");
        }
    }

    // Under `cargo test`, the process also ends the tests of its binary that have not begun.
    project.write(SUITE, &suite);
    let tests = std::fs::read_to_string(project.path("tests/a.rs")).unwrap();
    project.write("tests/a.rs", &(tests + "\n#[test]\nfn a_plain_test() { std::process::abort() }\n"));
    let failed = smoke_cache(&project, &["key", "--runner", "cargo", "--", "--test", "a", "--", "--test-threads", "1"]);
    assert_eq!(failed.status.code(), Some(2), "{}", both_streams(&failed));
    let stderr = text(&failed.stderr);
    assert!(stderr.contains("error: a test binary ended before it ran all of its tests"), "{stderr}");
    if runners(&project).contains(&"nextest") {
        let told = smoke_cache(&project, &["key", "--json", "--runner", "nextest"]);
        assert_eq!(json(&told).as_array().unwrap().len(), 1, "there it has a process of its own");
    }
}

#[test]
fn runner_that_cannot_run_fails_the_command() {
    let project = project("unrunnable");
    let failed = smoke_cache(&project, &["key", "--runner", "cargo", "--", "--", "--no-such-option"]);
    assert_eq!(failed.status.code(), Some(2), "{}", both_streams(&failed));
    assert!(text(&failed.stderr).contains("no-such-option"), "{}", text(&failed.stderr));
}

#[test]
fn keys_are_printed_before_a_build_and_follow_the_code() {
    let project = project("keyed");
    let before = json(&smoke_cache(&project, &["key", "--json"]));
    let [row] = &before.as_array().unwrap()[..] else { panic!("{before}") };
    assert_eq!((&row["repo"], &row["artifact"]), (&"one".into(), &"number".into()));
    assert_eq!((&row["is_there"], &row["reason"]), (&false.into(), &"first build".into()));
    assert_eq!(project.take_log().len(), 0);
    let hash = out(&smoke_cache(&project, &["key", "one", "--hash"]), 0);
    assert_eq!(hash.trim_end().len(), 32);

    out(&smoke_cache(&project, &["populate"]), 0);
    let after = json(&smoke_cache(&project, &["key", "--json"]));
    assert_eq!((&after[0]["is_there"], &after[0]["reason"]), (&true.into(), &().into()));
    assert_eq!(after[0]["digest"], row["digest"]);
    assert_eq!(out(&smoke_cache(&project, &["key", "--hash"]), 0), hash, "whether it is there or not");

    project.write("src/lib.rs", "pub fn number() -> u32 { 1 + 0 }\n");
    assert_ne!(out(&smoke_cache(&project, &["key", "--hash"]), 0), hash);
    let table = out(&smoke_cache(&project, &["key"]), 0);
    assert!(table.contains(" miss ") && table.contains("code changed: crate project changed"), "{table}");
}

#[test]
fn explanation_has_key_inputs_and_differences() {
    let project = project("explained");
    out(&smoke_cache(&project, &["populate"]), 0);
    let there = out(&smoke_cache(&project, &["explain", "one"]), 0);
    assert!(there.contains("number of one: hit\n"), "{there}");

    project.write("one/file", "other content");
    let moved = out(&smoke_cache(&project, &["explain", "one"]), 0);
    assert!(moved.contains("number of one: miss: repository changed: file changed\n"), "{moved}");
    for line in [
        "  code    ",
        "  config  null",
        "  format  2.0",
        "  suite   explained tests/suite/mod.rs suite::Smoke",
        "  entry one:files:",
        "    differs: repository changed",
    ] {
        assert!(moved.contains(line), "{line}: {moved}");
    }
    let explained = json(&smoke_cache(&project, &["explain", "one", "--json"]));
    assert_eq!(explained[0]["others"].as_array().unwrap().len(), 1, "{explained}");

    let all = out(&smoke_cache(&project, &["explain"]), 0);
    assert!(all.contains("number of one: miss: repository changed: file changed\n"), "{all}");

    let unknown = smoke_cache(&project, &["explain", "oen"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("did you mean `one`?"));
}

#[test]
fn failed_key_is_reported_with_its_cause() {
    let project = project("keyless");
    let suite = std::fs::read_to_string(project.path(SUITE)).unwrap();
    let key = "const NAME: &'static str = \"number\";\n    fn key(_: &mut cached_smoke::KeyBuilder<'_, Smoke>) { panic!(\"told to\") }";
    project.write(SUITE, &suite.replace("const NAME: &'static str = \"number\";", key));
    let failed = smoke_cache(&project, &["key"]);
    assert_eq!(failed.status.code(), Some(2));
    let stderr = text(&failed.stderr);
    assert!(
        stderr.contains("told to") && stderr.contains("error: failed to compute the keys of 2 tests\n"),
        "{stderr}"
    );
    assert!(stderr.contains("\nhelp: ") && !stderr.contains("test result"), "{stderr}");
}

#[test]
fn tests_with_a_malformed_configuration_fail_the_command() {
    let project = project("unsettled");
    // The tests have no run to record this in. The command runs in a directory with a valid configuration.
    let toml = "[repos.one]\npath = \"one\"\n";
    project.write("smoke.toml", &format!("{toml}[defaults]\nlock-timeout = \"nonsense\"\n"));
    std::fs::create_dir(project.path("below")).unwrap();
    project.write("below/smoke.toml", "[repos.one]\npath = \"../one\"\n");
    let mut command = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
    let failed = command.current_dir(project.path("below")).args(["smoke-cache", "key"]).output().unwrap();
    assert_eq!(failed.status.code(), Some(2), "{}", both_streams(&failed));
    let stderr = text(&failed.stderr);
    assert!(
        stderr.contains("nonsense") && stderr.contains("error: a test failed before it recorded its keys"),
        "{stderr}"
    );
}

#[test]
fn artifacts_without_a_repository_are_selected_by_a_dash() {
    let project = project("dashed");
    project.write(
        "tests/suite/free.rs",
        "#[cached_smoke::artifact(code = cached_smoke::code_fingerprint!(\"src\"))]\nfn free() -> Vec<u32> {\n    vec![1]\n}\n\n\
         #[cached_smoke::cached_smoke(repos = [])]\nfn is_free(free: &Vec<u32>) {\n    assert_eq!(free.len(), 1);\n}\n",
    );
    let suite = std::fs::read_to_string(project.path(SUITE)).unwrap();
    project.write(SUITE, &format!("{suite}\n#[path = \"free.rs\"]\nmod free;\n"));
    let explained = out(&smoke_cache(&project, &["explain", "-"]), 0);
    assert!(explained.contains("free") && !explained.contains("number"), "{explained}");
    let keys = out(&smoke_cache(&project, &["key", "one", "-"]), 0);
    assert!(keys.contains("-:any:") && keys.contains("one:"), "{keys}");
}
