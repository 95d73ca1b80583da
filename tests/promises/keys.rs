//! Changes of the repository, the configuration and the identity of an artifact that change its key, and others that do
//! not.

use std::fs;

use cached_smoke::Outcome;
use test_support::Sandbox;

use crate::Reports;

#[test]
fn edit_is_a_miss_with_a_reason_and_its_undo_a_hit() {
    let sandbox = Sandbox::new();
    sandbox.run("only_count").passes();
    let file = sandbox.repo().join("a.txt");
    let original = fs::read(&file).unwrap();

    fs::write(&file, "another novel\n").unwrap();
    let edited = sandbox.run("only_count").passes();
    assert_eq!(edited.outcome("count"), Outcome::Built);
    assert_eq!(edited.reason("count"), "repository changed: a.txt");
    assert!(edited.report("count").key.contains("+dirty"));

    fs::write(&file, "a third novel\n").unwrap();
    assert_eq!(sandbox.run("only_count").passes().outcome("count"), Outcome::Built, "a second edit is another state");

    fs::write(&file, original).unwrap();
    assert_eq!(sandbox.run("only_count").passes().outcome("count"), Outcome::Hit);
}

#[test]
fn miss_names_the_changed_file_of_a_plain_folder() {
    let sandbox = Sandbox::without_git();
    sandbox.run("only_count").passes();
    let reason = || sandbox.run("only_count").passes().reason("count");
    fs::write(sandbox.repo().join("b.txt"), "b").unwrap();
    assert_eq!(reason(), "repository changed: b.txt is new");
    fs::write(sandbox.repo().join("a.txt"), "a").unwrap();
    assert_eq!(reason(), "repository changed: a.txt changed");
    fs::remove_file(sandbox.repo().join("b.txt")).unwrap();
    assert_eq!(reason(), "repository changed: b.txt is gone");
}

#[test]
fn every_difference_but_ignored_files_changes_the_key() {
    let sandbox = Sandbox::new();
    let outcome = || sandbox.run("only_count").passes().outcome("count");
    assert_eq!(outcome(), Outcome::Built);
    fs::write(sandbox.repo().join("ignored.log"), "x").unwrap();
    assert_eq!(outcome(), Outcome::Hit, "ignored");
    fs::write(sandbox.repo().join("new.txt"), "x").unwrap();
    assert_eq!(outcome(), Outcome::Built, "untracked");
    sandbox.git(&["add", "new.txt"]);
    assert_eq!(outcome(), Outcome::Built, "staged");
    sandbox.commit();
    assert_eq!(outcome(), Outcome::Built, "committed");
    fs::remove_file(sandbox.repo().join("new.txt")).unwrap();
    assert_eq!(outcome(), Outcome::Built, "deleted");
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    assert_eq!(outcome(), Outcome::Hit, "back at the first commit");
}

#[test]
fn folder_within_another_repository_counts_by_its_files() {
    let sandbox = Sandbox::without_repository();
    fs::create_dir(sandbox.repo()).unwrap();
    fs::write(sandbox.repo().join("outside.txt"), "x").unwrap();
    sandbox.git(&["init", "--quiet"]);
    sandbox.commit();
    let inside = sandbox.repo().join("inside");
    fs::create_dir(&inside).unwrap();
    fs::write(inside.join("a.txt"), "novel").unwrap();
    fs::write(sandbox.path("project/smoke.toml"), format!("[repos.bookshop]\npath = {inside:?}")).unwrap();

    let first = sandbox.run("only_count").passes();
    assert!(first.report("count").key.starts_with("bookshop:files:"), "{}", first.report("count").key);
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "around it"]);
    assert_eq!(sandbox.run("only_count").passes().outcome("count"), Outcome::Hit);
    fs::write(inside.join("a.txt"), "another").unwrap();
    assert_eq!(sandbox.run("only_count").passes().outcome("count"), Outcome::Built);
}

#[test]
fn config_of_an_artifact_does_not_rebuild_dependencies() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    sandbox.take_log();
    let changed = sandbox.run("long_lengths").passes();
    assert_eq!(sandbox.take_builds(), ["build lengths"]);
    assert_eq!(changed.outcome("words"), Outcome::Hit);
    assert_eq!(changed.reason("lengths"), "config.at_least: 0 → 5");
}

/// Returns a configuration of maps, sets, lists and floats, as JSON.
fn configuration(weight: &str, tag: &str, steps: &str) -> String {
    let weights: Vec<String> = (0..20).map(|number| format!("\"w{number}\": 0.5")).collect();
    let tags: Vec<String> = (0..20).map(|number| format!("\"t{number}\"")).collect();
    let (weights, tags) = (weights.join(", "), tags.join(", "));
    format!("{{\"weights\": {{{weights}, \"last\": {weight}}}, \"tags\": [\"{tag}\", {tags}], \"steps\": [{steps}]}}")
}

#[test]
fn configuration_changes_the_key_but_map_order_does_not() {
    const STEPS: &str = "{\"name\": \"a\", \"rate\": 1.5}, {\"name\": \"b\", \"rate\": 1.5}";
    let sandbox = Sandbox::new();
    let run = |config: &str| sandbox.run("configured_count").env("SUBJECT_CONFIG", config).passes();
    let original = configuration("0.3", "tag", STEPS);
    assert_eq!(run(&original).outcome("count"), Outcome::Built);
    // A `HashMap` and a `HashSet` have another order in each process.
    for _ in 0..3 {
        assert_eq!(run(&original).outcome("count"), Outcome::Hit);
    }
    for (changed, reason) in [
        (configuration("0.30000000000000004", "tag", STEPS), "config.more.weights.last: 0.3 → 0.30000000000000004"),
        (configuration("-0.3", "tag", STEPS), "config.more.weights.last: 0.3 → -0.3"),
        (configuration("0.3", "other", STEPS), "config.more.tags"),
        (configuration("0.3", "tag", &STEPS.replacen("1.5", "1.25", 1)), "config.more.steps[0].rate: 1.5 → 1.25"),
        (
            configuration("0.3", "tag", "{\"name\": \"b\", \"rate\": 1.5}, {\"name\": \"a\", \"rate\": 1.5}"),
            "config.more.steps",
        ),
        (configuration("0.3", "tag", ""), "config.more.steps"),
        ("{}".to_owned(), "config.more."),
    ] {
        let miss = run(&changed);
        assert_eq!(miss.outcome("count"), Outcome::Built, "{changed}");
        assert!(miss.reason("count").starts_with(reason), "{}", miss.reason("count"));
        assert_eq!(run(&original).outcome("count"), Outcome::Hit, "{changed}");
        // So that the next reason is about the difference from the original.
        fs::remove_dir_all(sandbox.cache()).unwrap();
        run(&original);
    }
}

#[test]
fn configurations_of_equal_json_have_different_keys() {
    let sandbox = Sandbox::new();
    let run = |nested: &str| sandbox.run("configured_count").env("SUBJECT_NESTED", nested).passes();
    let values = ["none", "some none", "some unit"];
    for value in values {
        assert_eq!(run(value).outcome("count"), Outcome::Built, "{value}");
    }
    for value in values {
        assert_eq!(run(value).outcome("count"), Outcome::Hit, "{value}");
    }
    fs::remove_dir_all(sandbox.cache()).unwrap();
    run("none");
    assert_eq!(run("some unit").reason("count"), "config.nested: None → Some(())");
}

#[test]
fn moved_repository_is_a_miss_unless_relocatable() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    sandbox.run("only_count").passes();
    let moved = sandbox.path("moved");
    fs::rename(sandbox.repo(), &moved).unwrap();
    fs::write(sandbox.path("project/smoke.toml"), format!("[repos.bookshop]\npath = {moved:?}")).unwrap();

    assert_eq!(sandbox.run("only_count").passes().outcome("count"), Outcome::Hit, "it is relocatable");
    let bound = sandbox.run("both").passes();
    assert!(bound.reason("words").starts_with("repository moved from "), "{}", bound.reason("words"));
    assert_eq!(bound.outcome("lengths"), Outcome::Built, "its dependency is bound to the path");
}

#[test]
fn smoke_repo_paths_overrides_the_repository_path() {
    let sandbox = Sandbox::new();
    let other = sandbox.path("other/bookshop");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("b.txt"), "novel").unwrap();
    let done = sandbox.run("only_repo").env("SMOKE_REPO_PATHS", &other).passes();
    assert!(done.stdout.contains(&format!("revision=files path={}", other.canonicalize().unwrap().display())));
}

#[test]
fn undeclared_dependency_is_an_error() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("only_count").env("SUBJECT_ASK", "1").fails();
    assert!(done.stderr.contains("`count` requests `words`, which its key does not declare"), "{}", done.stderr);
}

#[test]
fn repository_at_another_revision_than_its_pin_is_an_error() {
    let sandbox = Sandbox::new();
    let pinned = |rev: &str| {
        let text = format!("[repos.bookshop]\npath = {:?}\nrev = {rev:?}\n", sandbox.repo());
        fs::write(sandbox.path("project/smoke.toml"), text).unwrap();
        sandbox.run("only_repo")
    };
    let wrong = pinned("0123456789abcdef0123456789abcdef01234567").fails();
    assert!(wrong.stderr.contains("smoke.toml pins 0123456789abcdef"), "{}", wrong.stderr);
    sandbox.write_smoke_toml("");
    let head = sandbox.run("only_repo").passes().stdout;
    let head = head.split("revision=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    pinned(&head).passes();
}

#[test]
fn run_is_one_snapshot_of_the_repository_unless_strict() {
    let sandbox = Sandbox::new();
    sandbox.run_within("one", "only_count").passes();
    fs::write(sandbox.repo().join("a.txt"), "edited").unwrap();
    let same_run = |strict: &str| {
        let before = sandbox.take_builds().len();
        sandbox.run_within("one", "only_count").env("SMOKE_STRICT", strict).passes();
        (before, sandbox.take_builds().len())
    };
    assert_eq!(same_run("0").1, 0, "the run has its snapshot");
    assert_eq!(same_run("1").1, 1, "strict mode sees the edit");
}

#[test]
fn variables_of_a_git_hook_do_not_change_the_key() {
    let sandbox = Sandbox::new();
    sandbox.run("only_count").passes();
    let other = Sandbox::new();
    fs::write(other.repo().join("b.txt"), "another").unwrap();
    other.commit();
    let hook = sandbox.run("only_count").env("GIT_DIR", other.repo().join(".git")).env("GIT_WORK_TREE", other.repo());
    assert_eq!(hook.passes().outcome("count"), Outcome::Hit);
}

#[test]
fn suites_do_not_share_artifacts_of_one_name() {
    let sandbox = Sandbox::new();
    for test in ["only_count", "other_count", "only_count", "other_count"] {
        sandbox.run(test).passes();
    }
    assert_eq!(sandbox.take_builds(), ["build count", "build other count"]);
}

#[test]
fn artifact_types_of_one_name_are_never_confused() {
    let sandbox = Sandbox::new();
    sandbox.run("only_count").passes();
    let impostor = sandbox.run("impostor").passes();
    assert_eq!(
        impostor.reason("count"),
        "it holds a `subject::artifacts::Count`, not a `subject::artifacts::Impostor`"
    );
    let both = sandbox.run("count_and_impostor").fails();
    assert!(both.stderr.contains("have the same name `count`"), "{}", both.stderr);
}

#[test]
fn assume_unchanged_files_change_the_key() {
    let sandbox = Sandbox::new();
    let outcome = || sandbox.run("only_count").passes().outcome("count");
    fs::write(sandbox.repo().join("b.txt"), "b").unwrap();
    sandbox.commit();
    assert_eq!(outcome(), Outcome::Built);
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        let no_flag = flag.replacen("--", "--no-", 1);
        sandbox.git(&["update-index", flag, "b.txt"]);
        fs::write(sandbox.repo().join("b.txt"), flag).unwrap();
        assert_eq!(outcome(), Outcome::Built, "{flag}");
        fs::write(sandbox.repo().join("b.txt"), "b").unwrap();
        sandbox.git(&["update-index", &no_flag, "b.txt"]);
        assert_eq!(outcome(), Outcome::Hit, "{no_flag}");
    }
}

#[cfg(unix)]
#[test]
fn mode_bit_changes_the_key_despite_core_filemode() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "core.fileMode", "false"]);
    sandbox.run("only_count").passes();
    fs::set_permissions(sandbox.repo().join("a.txt"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(sandbox.run("only_count").passes().outcome("count"), Outcome::Built);
}
