//! A run, under each test runner: it builds each artifact once, and a forced run rebuilds it once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod time_limits;

use std::fs;
use std::process::Stdio;

use test_support::{Project, TESTS, copy_executable, passed, text as text_of};

#[test]
fn test_binaries_under_one_cargo_are_one_run() {
    let project = Project::with_suite("one-run");
    passed(project.cargo_test());
    assert_eq!(project.take_log().len(), 1, "two binaries, one artifact");
    passed(project.cargo_test());
    assert_eq!(project.take_log().len(), 0);
    for _ in 0..2 {
        let mut forced = project.cargo_test();
        forced.env("SMOKE_FORCE_REBUILD", "one");
        passed(forced);
        assert_eq!(project.take_log().len(), 1, "forced once per run");
    }
}

#[test]
fn each_run_of_a_renamed_cargo_is_one_run() {
    let project = Project::with_suite("renamed");
    for (name, variable) in [(".cargo-wrapped", None), ("tool", None), ("tool", Some(env!("CARGO")))] {
        let cargo = project.path(name);
        if !cargo.exists() {
            copy_executable(env!("CARGO").as_ref(), &cargo);
        }
        for _ in 0..2 {
            let mut forced = project.command(&cargo);
            forced.args(["test", "--tests"]).env("SMOKE_FORCE_REBUILD", "one").env_remove("CARGO");
            // As in a test under another cargo, whose file the variable names.
            forced.envs(variable.map(|path| ("CARGO", path)));
            passed(forced);
            assert_eq!(project.take_log().len(), 1, "{name}, CARGO={variable:?}: rebuilt once by two binaries");
        }
    }
}

#[test]
fn edit_of_code_or_smoke_toml_recompiles_the_tests() {
    let project = Project::with_suite("edited");
    let listed = |project: &Project| {
        let mut list = project.cargo_test();
        list.args(["--", "--list", "--format", "terse"]);
        passed(list).lines().filter(|line| line.starts_with("each::")).map(str::to_owned).collect::<Vec<_>>()
    };
    passed(project.cargo_test());
    assert_eq!(listed(&project), ["each::one: test"; 2]);
    assert_eq!(project.take_log().len(), 1);

    project.write("src/lib.rs", "pub fn number() -> u32 { 2 }\n");
    let mut shown = project.cargo_test();
    shown.args(["--", "--nocapture"]);
    let stdout = passed(shown);
    assert!(stdout.contains("reason=\"code changed: crate project changed\""), "{stdout}");
    assert_eq!(project.take_log().len(), 1);

    fs::create_dir(project.path("two")).unwrap();
    project.write("smoke.toml", "[repos.one]\npath = \"one\"\n[repos.two]\npath = \"two\"\n");
    assert_eq!(listed(&project), ["each::one: test", "each::two: test"].repeat(2));
}

/// The compiler cannot follow a file that does not exist yet.
#[test]
fn settings_that_appear_or_move_recompile_the_tests() {
    let project = Project::with_suite("appearing");
    fs::remove_file(project.path("smoke.toml")).unwrap();
    let tests = "mod suite;\n\n#[cached_smoke::cached_smoke]\nfn each(_: &cached_smoke::Session<suite::Smoke>) {}\n";
    for binary in ["a", "b"] {
        project.write(&format!("tests/{binary}.rs"), tests);
    }
    passed(project.cargo_test());
    let manifest = fs::read_to_string(project.path("Cargo.toml")).unwrap();
    let in_manifest = manifest + "\n[workspace.metadata.cached-smoke.repos.one]\npath = \"one\"\n";
    fs::create_dir(project.path(".config")).unwrap();
    let settings = "[repos.one]\npath = \"one\"\n";
    let places: [(&str, &str); 3] =
        [("smoke.toml", settings), (".config/smoke.toml", settings), ("Cargo.toml", &in_manifest)];
    for (name, text) in places {
        project.write(name, text);
        let stale = project.cargo_test().output().unwrap();
        let output = test_support::both_streams(&stale);
        // A file that was removed made cargo compile already.
        assert!(stale.status.success() != output.contains("after these tests were compiled"), "{name}: {output}");
        let fresh = passed(project.cargo_test());
        assert!(fresh.contains("test each::one ... ok"), "{name}: {fresh}");
        let again = project.cargo_test().output().unwrap();
        assert!(!text_of(&again.stderr).contains("Compiling"), "{name}: {}", text_of(&again.stderr));
        if name != "Cargo.toml" {
            fs::remove_file(project.path(name)).unwrap();
        }
    }
}

/// Returns a project with two test binaries, each with ten tests over one artifact.
fn ten_tests(name: &str) -> Project {
    let project = Project::with_suite(name);
    for binary in ["a", "b"] {
        let more = (0..8).map(|number| {
            format!("#[cached_smoke(repo = \"one\")]\nfn t{number}(number: &Number) {{ assert!(number.0 > 0) }}\n")
        });
        let text: String = std::iter::once(TESTS.to_owned()).chain(more).collect();
        project.write(&format!("tests/{binary}.rs"), &text);
    }
    project
}

#[test]
fn processes_under_nextest_are_one_run_and_rebuild_once() {
    let project = ten_tests("one-run-of-nextest");
    let Some(run) = project.nextest(&[]) else { return };
    passed(run);
    assert_eq!(project.take_log().len(), 1);
    for _ in 0..2 {
        let mut forced = project.nextest(&[]).unwrap();
        forced.env("SMOKE_FORCE_REBUILD", "one");
        passed(forced);
        assert_eq!(project.take_log().len(), 1, "forced once per run");
    }
}

#[test]
fn concurrent_forced_runs_rebuild_once_each() {
    let project = ten_tests("two-runs-of-nextest");
    let Some(run) = project.nextest(&[]) else { return };
    passed(run);
    project.take_log();
    let runs: Vec<_> = (0..2)
        .map(|_| {
            let mut run = project.nextest(&[]).unwrap();
            run.env("SMOKE_FORCE_REBUILD", "one").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    assert_eq!(project.take_log().len(), 2);
}

#[test]
fn stress_partition_and_no_capture_runs_build_once() {
    let project = ten_tests("kinds-of-nextest");
    for arguments in
        [&["--stress-count", "3"][..], &["--no-capture"], &["--partition", "hash:1/3"], &["--partition", "hash:2/3"]]
    {
        let Some(run) = project.nextest(arguments) else { return };
        passed(run);
    }
    assert_eq!(project.take_log().len(), 1);
}

#[test]
fn retry_of_a_failed_test_does_not_rebuild() {
    let project = ten_tests("retries-of-nextest");
    let failing = "#[cached_smoke(repo = \"one\")]\nfn fails(_: &Number) { panic!(\"told to\") }\n";
    let text = TESTS.to_owned() + failing;
    project.write("tests/a.rs", &text);
    let Some(mut run) = project.nextest(&["--retries", "2", "--no-fail-fast"]) else { return };
    let output = run.env("SMOKE_FORCE_REBUILD", "one").output().unwrap();
    let stderr = text_of(&output.stderr);
    assert!(stderr.contains("TRY 3 FAIL"), "{stderr}");
    assert_eq!(project.take_log().len(), 1);
}
