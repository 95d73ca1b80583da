//! What one machine has built, another is given.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use cached_smoke::Outcome;
use cached_smoke::tooling::remote::{Asked, Operation, Outcome as Answered};

use crate::subject;
use crate::{Reports, new_world};

#[test]
fn what_one_machine_builds_another_fetches() {
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
    // Entries and blobs.
    let travelled = fetched.report("words").remote_bytes + fetched.report("lengths").remote_bytes;
    let there = world.objects().into_iter().map(|path| world.path("bucket").join(path));
    assert_eq!(travelled, there.map(|path| fs::metadata(path).unwrap().len()).sum::<u64>());

    // From now on it has them itself.
    let again = second.with("SMOKE_REMOTE", "off").passes("both");
    assert_eq!((again.outcome("words"), again.outcome("lengths")), (Outcome::Hit, Outcome::Hit));
}

#[test]
fn a_hit_and_a_tier_that_is_off_start_no_helper() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    machine.passes("both");
    // One that would fail the run's first question.
    let machine = machine.with("SMOKE_REMOTE_HELPER", "/nonexistent/helper");
    let hit = machine.passes("both");
    assert_eq!((hit.outcome("words"), hit.warnings()), (Outcome::Hit, 0));
    machine.forget();
    let off = machine.with("SMOKE_REMOTE", "off").passes("both");
    assert_eq!((off.outcome("words"), off.warnings()), (Outcome::Built, 0));
}

#[test]
fn bytes_that_two_keys_share_travel_once() {
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
fn what_killed_helpers_have_left_in_a_folder_is_removed_some_days_later() {
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
fn machines_whose_runs_have_one_id_are_told_apart() {
    let world = new_world();
    world.machine(&world.folder()).run_within("pipeline", "only_words").done();
    let other = world.machine(&world.folder());
    let outcome = || other.run_within("pipeline", "only_words").done().last_report("words").outcome;
    assert_eq!((outcome(), outcome()), (Outcome::Fetched, Outcome::Hit));
}

#[test]
fn a_forced_rebuild_replaces_the_shared_copy_too() {
    let world = new_world();
    let (first, second) = (world.machine(&world.folder()), world.machine(&world.folder()));
    first.passes("only_words");
    let entry = world.object("/words");
    let before = fs::read(&entry).unwrap();
    // Its manifest says how long it took.
    let forced = second.with("SMOKE_FORCE_REBUILD", "all").with(subject::TAKES, "20").passes("only_words");
    assert_eq!(forced.outcome("words"), Outcome::Forced);
    assert_ne!(fs::read(&entry).unwrap(), before);
}

#[test]
fn an_artifact_that_is_bound_to_its_place_is_shared_where_the_place_is_the_same() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    machine.passes("both");
    // The same state in another place, as a directory without git.
    let elsewhere = world.path("elsewhere/bookshop");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::copy(world.path("bookshop/a.txt"), elsewhere.join("a.txt")).unwrap();
    let other = world.machine(&world.folder()).with("SMOKE_REPO_PATHS", elsewhere.to_str().unwrap());
    let done = other.passes("both");
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Fetched, Outcome::Built));
    assert!(done.report("lengths").key != done.report("words").key);
}

#[test]
fn what_is_damaged_here_is_fetched_again() {
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
fn on_a_miss_the_shared_tier_is_asked_before_the_policy() {
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
fn what_a_run_asked_is_noted() {
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
