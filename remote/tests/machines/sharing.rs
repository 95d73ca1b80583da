//! One machine builds, and the others fetch.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use cached_smoke::Outcome;
use cached_smoke::tooling::remote::{Asked, Operation, Outcome as Answered};

use crate::subject;
use crate::{Reports, new_world};

#[test]
fn machine_fetches_what_another_builds() {
    let world = new_world();
    let (first, second) = (world.machine(&world.folder()), world.machine(&world.folder()));
    let built = first.passes("both");
    assert_eq!((built.outcome("words"), built.outcome("lengths")), (Outcome::Built, Outcome::Built));
    assert_eq!(first.take_builds(), ["build lengths", "build words"]);

    let fetched = second.passes("both");
    assert_eq!((fetched.outcome("words"), fetched.outcome("lengths")), (Outcome::Fetched, Outcome::Fetched));
    assert_eq!(second.take_builds(), Vec::<String>::new());
    assert!(fetched.reports()[0].cache_hit() && !fetched.reports()[0].cache_miss());
    assert!(fetched.stdout.contains(" cache_hit=1 cache_miss=0 "), "{}", fetched.stdout);
    assert!(fetched.stdout.contains(" remote_seconds="), "{}", fetched.stdout);
    assert!(fetched.report("words").bytes > 0);
    assert_eq!(fetched.report("words").metrics, built.report("words").metrics);
    assert!(fetched.report("words").metrics["bytes"] > 0.0);
    // All bytes of entries and blobs have been fetched.
    let travelled = fetched.report("words").remote_bytes + fetched.report("lengths").remote_bytes;
    let there = world.objects().into_iter().map(|path| world.path("bucket").join(path));
    assert_eq!(travelled, there.map(|path| fs::metadata(path).unwrap().len()).sum::<u64>());

    // The project is a directory of one machine.
    let names_a_project = |path: &Path| fs::read_to_string(path).unwrap().contains("project\": ");
    let mut manifests = walk(&second.cache().join("bookshop"));
    manifests.retain(|path| path.file_name().is_some_and(|name| name == "words.json"));
    assert!(manifests.len() == 1 && names_a_project(&manifests[0]), "{manifests:?}");
    assert!(!names_a_project(&world.object("/words")));

    // From now on the second machine has them in its cache.
    let again = second.with("SMOKE_REMOTE", "off").passes("both");
    assert_eq!((again.outcome("words"), again.outcome("lengths")), (Outcome::Hit, Outcome::Hit));
}

#[test]
fn hit_and_disabled_remote_cache_start_no_helper() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    machine.passes("both");
    // A helper that would fail the first request.
    let machine = machine.with("SMOKE_REMOTE_HELPER", "/nonexistent/helper");
    let hit = machine.passes("both");
    assert_eq!((hit.outcome("words"), hit.warnings()), (Outcome::Hit, 0));
    machine.forget();
    let off = machine.with("SMOKE_REMOTE", "off").passes("both");
    assert_eq!((off.outcome("words"), off.warnings()), (Outcome::Built, 0));
}

#[test]
fn equal_blobs_of_two_keys_are_uploaded_once() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    machine.passes("only_words");
    let machine = machine.with(subject::VERSION, "2");
    let other_key = machine.passes("only_words");
    assert_eq!(other_key.outcome("words"), Outcome::Built);
    let objects = world.objects();
    let of = |part: &str| objects.iter().filter(|path| path.contains(part)).count();
    assert_eq!((of("v1/entries/"), of("v1/blobs/"), of("v1/leases/")), (2, 1, 0), "{objects:?}");
}

#[test]
fn leftovers_of_killed_helpers_are_removed_after_days() {
    let world = new_world();
    let unfinished = world.path("bucket/.unfinished");
    fs::create_dir(&unfinished).unwrap();
    for (name, days) in [("old", 3), ("new", 0)] {
        let file = File::create(unfinished.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(24 * days)).unwrap();
    }
    world.machine(&world.folder()).passes("both");
    let left: Vec<_> = fs::read_dir(&unfinished).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["new"]);
}

#[test]
fn machines_with_one_run_id_are_distinguished() {
    let world = new_world();
    world.machine(&world.folder()).run_within("pipeline", "only_words").done();
    let other = world.machine(&world.folder());
    let outcome = || other.run_within("pipeline", "only_words").done().last_report("words").outcome;
    assert_eq!((outcome(), outcome()), (Outcome::Fetched, Outcome::Hit));
}

#[test]
fn forced_rebuild_replaces_the_uploaded_entry() {
    let world = new_world();
    let (first, second) = (world.machine(&world.folder()), world.machine(&world.folder()));
    first.passes("only_words");
    let entry = world.object("/words");
    let before = fs::read(&entry).unwrap();
    // The manifest records another build time.
    let forced = second.with("SMOKE_FORCE_REBUILD", "all").with(subject::TAKES, "20").passes("only_words");
    assert_eq!(forced.outcome("words"), Outcome::Forced);
    assert_ne!(fs::read(&entry).unwrap(), before);
}

#[test]
fn bound_artifact_is_fetched_only_under_its_path() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    machine.passes("both");
    // The same content under another path.
    let elsewhere = world.path("elsewhere/bookshop");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::copy(world.path("bookshop/a.txt"), elsewhere.join("a.txt")).unwrap();
    let other = world.machine(&world.folder()).with("SMOKE_REPO_PATHS", elsewhere.to_str().unwrap());
    let done = other.passes("both");
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Fetched, Outcome::Built));
    assert!(done.report("lengths").key != done.report("words").key);
}

#[test]
fn damaged_artifact_is_fetched_again() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    machine.passes("both");
    machine.take_builds();
    for file in walk(&machine.cache().join("bookshop")) {
        if file.extension().is_none_or(|extension| extension != "json") {
            fs::remove_file(file).unwrap();
        }
    }
    fs::remove_dir_all(machine.cache().join(".unpacked")).unwrap();
    let done = machine.passes("both");
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Fetched, Outcome::Fetched));
    assert_eq!(machine.take_builds(), Vec::<String>::new());
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn remote_cache_is_asked_before_the_miss_policy() {
    let world = new_world();
    world.machine(&world.folder()).passes("only_words");
    for policy in ["fail", "skip"] {
        let machine = world.machine(&world.folder()).with("SMOKE_ON_MISS", policy);
        assert_eq!(machine.passes("only_words").outcome("words"), Outcome::Fetched, "{policy}");
        let absent = machine.with(subject::VERSION, "2").start("only_words").done();
        let expected = if policy == "fail" { "NotCached" } else { "Skipped" };
        assert!(!absent.passed && absent.stderr.contains(expected), "{policy}: {}", absent.stderr);
    }
}

#[test]
fn requests_of_a_run_are_recorded() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    let done = machine.passes("only_words");
    let notes = fs::read_to_string(machine.cache().join(".runs").join(&done.run).join("remote.jsonl")).unwrap();
    let asked: Vec<Asked> = notes.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = asked.iter().map(|asked| (asked.operation, asked.outcome)).collect();
    let expected =
        [(Operation::Fetch, Answered::Absent), (Operation::Lease, Answered::Held), (Operation::Share, Answered::Done)];
    assert_eq!(told, expected);
    assert!(asked[2].bytes > 0 && asked.iter().all(|asked| asked.reason.is_none()));
}
