//! An artifact is built once, and restored by every later process.

use std::fs;

use cached_smoke::Outcome;
use test_support::Sandbox;

use crate::Reports;

#[test]
fn second_run_restores_without_building() {
    let sandbox = Sandbox::new();
    let first = sandbox.run("both").passes();
    assert_eq!((first.outcome("words"), first.outcome("lengths")), (Outcome::Built, Outcome::Built));
    assert_eq!(sandbox.take_builds(), ["build lengths", "build words"]);

    let second = sandbox.run("both").passes();
    assert_eq!((second.outcome("words"), second.outcome("lengths")), (Outcome::Hit, Outcome::Hit));
    assert_eq!(sandbox.take_log(), ["load lengths", "load words"]);
    assert_eq!(second.reports()[0].rebuild_seconds().to_bits(), 0.0_f64.to_bits());
}

#[test]
fn building_process_loads_the_stored_files() {
    let sandbox = Sandbox::new();
    let lossy = sandbox.run("both").env("SUBJECT_LOSE_WORDS", "1").fails();
    assert_eq!(sandbox.take_builds(), ["build lengths", "build words"]);
    assert!(
        lossy.stdout.contains("the file's first word was lost")
            || lossy.stderr.contains("the file's first word was lost")
    );
}

#[test]
fn only_requested_artifacts_are_loaded() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    sandbox.take_log();
    sandbox.run("only_lengths").passes();
    assert_eq!(sandbox.take_log(), ["load lengths"]);
}

#[test]
fn dependency_of_a_build_is_built_and_kept() {
    let sandbox = Sandbox::new();
    let first = sandbox.run("only_lengths").passes();
    assert_eq!(first.outcome("words"), Outcome::Built);
    let second = sandbox.run("only_words").passes();
    assert_eq!(second.outcome("words"), Outcome::Hit);
}

#[test]
fn layout_is_the_documented_one() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("both").passes();
    let key = done.report("words").key;
    let (repo, revision_and_digest) = key.split_once(':').unwrap();
    let words = sandbox.cache().join(repo).join(revision_and_digest.replace(':', "-"));
    assert!(words.join("words.tar.zst").is_file() && words.join("words.json").is_file());
    let lengths = sandbox.entry_file("below/lengths");
    assert!(lengths.parent().unwrap().ends_with("lengths/below"));
    assert!(sandbox.cache().join("CACHEDIR.TAG").is_file());
}

#[test]
fn entries_alone_are_enough_on_another_machine() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    // Everything that is local to the machine is lost.
    for entry in fs::read_dir(sandbox.cache()).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with('.') && entry.path().is_dir() {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    sandbox.take_log();
    let restored = sandbox.run("both").passes();
    assert_eq!((restored.outcome("words"), restored.outcome("lengths")), (Outcome::Hit, Outcome::Hit));
    assert_eq!(sandbox.take_builds(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn stored_files_are_read_only_and_the_cache_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    for path in sandbox.entry_files() {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o222, 0, "{}", path.display());
    }
    assert_eq!(fs::metadata(sandbox.cache()).unwrap().permissions().mode() & 0o077, 0);
}

#[test]
fn nothing_is_written_into_the_home_or_the_repository() {
    let sandbox = Sandbox::new();
    let before = fs::read_dir(sandbox.repo()).unwrap().count();
    sandbox.run("both").passes();
    assert_eq!(fs::read_dir(sandbox.path("home")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(sandbox.repo()).unwrap().count(), before);
}

#[cfg(unix)]
#[test]
fn default_cache_is_in_the_home_directory() {
    let sandbox = Sandbox::new();
    sandbox.run("only_count").without_env("SMOKE_CACHE_DIR").passes();
    assert!(sandbox.path("home/.cdsagent-smoke-cache/bookshop").is_dir());
}

/// A load by path may read files of two builds, if one replaces the other meanwhile.
#[cfg(unix)]
#[test]
fn artifact_replaced_during_its_load_is_loaded_again() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    let (reader, held) = sandbox.run("only_lengths").start_until_in("load");
    sandbox.run("only_lengths").env("SMOKE_FORCE_REBUILD", "all").passes();
    sandbox.take_log();
    drop(held);
    let done = reader.done();
    assert!(done.passed, "{}", done.stderr);
    assert_eq!(done.outcome("lengths"), Outcome::Shared);
    assert_eq!(sandbox.take_log(), ["load lengths"]);
}

#[test]
fn cache_within_the_repository_does_not_change_the_key() {
    let sandbox = Sandbox::new();
    let cache = sandbox.repo().join(".smoke-cache");
    sandbox.run("only_count").env("SMOKE_CACHE_DIR", &cache).passes();
    let second = sandbox.run("only_count").env("SMOKE_CACHE_DIR", &cache).passes();
    assert!(second.stdout.contains("cache_hit=1"), "{}{}", second.stdout, second.stderr);
}

#[test]
fn load_of_a_private_copy_may_use_dependencies() {
    Sandbox::new().run("owns_what_needs_another").env("SUBJECT_ASK_TO_LOAD", "1").passes();
}

/// Mapping files without a check of their content is unsafe.
#[test]
fn load_context_shows_if_files_are_verified() {
    let is_verified = |stdout: &str| -> Vec<bool> {
        let lines = stdout.lines().filter_map(|line| line.split_once("are the files of words verified? "));
        lines.map(|(_, answer)| answer.parse().unwrap()).collect()
    };
    let sandbox = Sandbox::new();
    assert_eq!(is_verified(&sandbox.run("only_words").passes().stdout), [true], "built");
    assert_eq!(is_verified(&sandbox.run("only_words").passes().stdout), [true], "a hit");
    fs::remove_dir_all(sandbox.cache().join(".unpacked")).unwrap();
    assert_eq!(is_verified(&sandbox.run("only_words").passes().stdout), [true], "unpacked");
    let off = sandbox.run("only_words").env("SMOKE_CACHE", "off").passes();
    assert_eq!(is_verified(&off.stdout), [false], "a private build");
    let owned = sandbox.run("asks_for_more").passes();
    assert_eq!(is_verified(&owned.stdout), [true, false], "a second load may find another build");
}

#[test]
fn private_copy_is_loaded_once_and_reported() {
    let sandbox = Sandbox::new();
    let built = sandbox.run("owns_what_needs_another").passes();
    let loads = |log: &[String], artifact: &str| log.iter().filter(|line| **line == format!("load {artifact}")).count();
    let log = sandbox.take_log();
    assert_eq!((loads(&log, "lengths"), loads(&log, "words")), (1, 1), "{log:?}");
    assert!(built.report("lengths").restore_seconds > 0.0);

    let hit = sandbox.run("owns_what_needs_another").passes();
    let log = sandbox.take_log();
    assert_eq!((loads(&log, "lengths"), loads(&log, "words")), (1, 0), "{log:?}");
    assert!(hit.report("lengths").restore_seconds > 0.0);

    // A reference first, and a private copy then: the second load is in the report, too.
    sandbox.run("only_words").passes();
    sandbox.take_log();
    let twice = sandbox.run("asks_for_more").env("SUBJECT_LOAD_MILLISECONDS", "50").passes();
    let log = sandbox.take_log();
    assert_eq!(loads(&log, "words"), 2, "{log:?}");
    assert!(twice.report("words").restore_seconds >= 0.1, "{:?}", twice.report("words"));
}
