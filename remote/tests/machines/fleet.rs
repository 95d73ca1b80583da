//! One machine builds for all.

use std::fs;
use std::thread;

use cached_smoke::Outcome;
use test_support::{Done, Machine, Started, World, make_pipe, wait_until};

use crate::servers::{S3, let_in};
use crate::subject;
use crate::{Reports, new_world};

const MACHINES: usize = 20;

/// Runs a test on all machines at once. Returns the number of passed runs, and all builds.
fn all_at_once(machines: &[Machine]) -> (usize, Vec<String>) {
    let runs: Vec<Done> = thread::scope(|scope| {
        let runs: Vec<_> = machines.iter().map(|machine| scope.spawn(|| machine.start("both").done())).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    // Shown only if the test fails.
    for report in runs.iter().flat_map(Reports::reports).flat_map(|report| report.artifacts) {
        println!("{} {}: {:?}", report.artifact, report.outcome, report.remote_error);
    }
    let passed = runs.iter().filter(|done| done.passed).count();
    let mut builds: Vec<String> = machines.iter().flat_map(Machine::take_builds).collect();
    builds.sort();
    (passed, builds)
}

fn fleet(world: &World, url: &str) -> Vec<Machine> {
    (0..MACHINES).map(|_| world.machine(url).with(subject::TAKES, "300")).collect()
}

/// Starts a build that does not end, on a new machine.
fn at_work(world: &World) -> Started {
    let machine = world.machine(&world.folder()).with(subject::TAKES, "600000");
    let builder = machine.start("only_words");
    wait_until("it builds", || machine.has_begun());
    builder
}

#[test]
fn twenty_machines_over_a_folder_build_once() {
    let world = new_world();
    let machines = fleet(&world, &world.folder());
    let machines: Vec<Machine> =
        machines.into_iter().map(|machine| machine.with("SMOKE_REMOTE_BUDGET", "5m")).collect();
    let (passed, builds) = all_at_once(&machines);
    assert_eq!((passed, builds), (MACHINES, vec!["build lengths".to_owned(), "build words".to_owned()]));
    machines.iter().for_each(Machine::forget);
    assert_eq!(all_at_once(&machines), (MACHINES, Vec::new()));
    assert!(!world.objects().iter().any(|path| path.contains("v1/leases/")), "{:?}", world.objects());
}

#[test]
fn wait_does_not_shorten_the_time_to_fetch_and_upload() {
    let world = new_world();
    // So that a wait for a build takes longer than a fetch may take.
    let machines: Vec<Machine> = (0..4).map(|_| world.machine(&world.folder()).with(subject::TAKES, "1500")).collect();
    let (passed, builds) = all_at_once(&machines);
    assert_eq!((passed, builds), (4, vec!["build lengths".to_owned(), "build words".to_owned()]));
}

/// Real S3 checks the condition and writes in one step. The test servers check first and write then. So several
/// machines may get the lease at one moment, and those that read it again before another writes it build.
#[test]
fn twenty_machines_over_s3_build_a_few_times() {
    let Some(server) = S3::start() else { return };
    let world = new_world();
    let machines: Vec<Machine> = fleet(&world, &server.url())
        .into_iter()
        .map(|machine| let_in(machine).with("SMOKE_REMOTE_BUDGET", "5m"))
        .collect();
    let (passed, builds) = all_at_once(&machines);
    assert_eq!(passed, MACHINES);
    let of = |artifact: &str| builds.iter().filter(|build| build.ends_with(artifact)).count();
    assert!((1..MACHINES).contains(&of("words")) && (1..MACHINES).contains(&of("lengths")), "{builds:?}");
    machines.iter().for_each(Machine::forget);
    assert_eq!(all_at_once(&machines), (MACHINES, Vec::new()));
}

#[test]
fn tests_pass_if_the_bucket_vanishes_meanwhile() {
    let world = new_world();
    let Some(server) = S3::start() else { return };
    let machines: Vec<Machine> = fleet(&world, &server.url())
        .into_iter()
        .map(|machine| let_in(machine).with("SMOKE_REMOTE_BUDGET", "10s"))
        .collect();
    thread::scope(|scope| {
        let runs: Vec<_> = machines.iter().map(|machine| scope.spawn(|| machine.start("both").done())).collect();
        // A build is in flight.
        wait_until("a machine builds", || machines.iter().any(Machine::has_begun));
        drop(server);
        for run in runs {
            let done = run.join().unwrap();
            assert!(done.passed, "{}{}", done.stdout, done.stderr);
            assert!(done.warnings() <= 1, "{}", done.stderr);
        }
    });
}

#[test]
fn others_take_over_when_a_builder_vanishes() {
    let world = new_world();
    let mut builder = at_work(&world);
    let lease = world.object("v1/leases/");
    // A machine without power releases no lease, so its helper is killed, too.
    let stop = |signal: &str| {
        let tree = format!("pkill -{signal} -P {0}; kill -{signal} {0}", builder.child.id());
        std::process::Command::new("sh").args(["-c", &tree]).status().unwrap();
    };
    stop("KILL");
    builder.child.wait().unwrap();
    assert!(lease.exists());
    let other = world.machine(&world.folder()).with_lease_lost_after("2s");
    let done = other.passes("only_words");
    assert_eq!(done.outcome("words"), Outcome::Built);
    assert!(done.stderr.contains("which another machine builds: "), "{}", done.stderr);
    assert!(!lease.exists());
    // The wait took longer than the build. The machine has uploaded the artifact anyway.
    assert_eq!(world.machine(&world.folder()).passes("only_words").outcome("words"), Outcome::Fetched);
}

#[test]
fn helper_of_a_killed_builder_releases_its_lease() {
    let world = new_world();
    let mut builder = at_work(&world);
    let lease = world.object("v1/leases/");
    builder.child.kill().unwrap();
    builder.child.wait().unwrap();
    wait_until("the lease is given back", || !lease.exists());
}

#[test]
fn wait_beyond_the_budget_ends_in_a_build() {
    let world = new_world();
    let mut builder = at_work(&world);
    let other = world.machine(&world.folder()).with("SMOKE_REMOTE_BUDGET", "1s");
    let done = other.passes("only_words");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 0));
    builder.child.kill().unwrap();
    builder.child.wait().unwrap();
}

#[test]
fn two_forced_builds_of_one_key_both_pass() {
    let world = new_world();
    // Forced builds do not wait for one another.
    let machines = [(); 2].map(|()| world.machine(&world.folder()).with("SMOKE_FORCE_REBUILD", "all"));
    let (passed, builds) = all_at_once(&machines);
    assert_eq!((passed, builds.len()), (2, 4));
    let done = world.machine(&world.folder()).passes("both");
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Fetched, Outcome::Fetched));
    assert!(fs::exists(world.path("bucket/v1/entries")).unwrap());
}

#[test]
fn unusable_entry_is_rebuilt_once_for_all_machines() {
    type Spoil = fn(&World);
    let spoils: [(&str, Spoil); 2] = [
        // A retention rule of the bucket has removed the older object.
        ("no blobs", |world| fs::remove_dir_all(world.path("bucket/v1/blobs")).unwrap()),
        // No machine trusts the signing key any more.
        ("another key", |world| {
            for path in world.objects().iter().filter(|path| path.contains("v1/entries/")) {
                let path = world.path("bucket").join(path);
                let sealed = String::from_utf8(fs::read(&path).unwrap()).unwrap();
                fs::write(&path, sealed.replacen(test_support::PUBLIC_KEY, &"ab".repeat(32), 1)).unwrap();
            }
        }),
    ];
    for (what, spoil) in spoils {
        let world = new_world();
        world.machine(&world.folder()).passes("both");
        spoil(&world);
        let machines: Vec<Machine> = (0..6)
            .map(|_| world.machine(&world.folder()).with(subject::TAKES, "300").with("SMOKE_REMOTE_BUDGET", "5m"))
            .collect();
        let (passed, builds) = all_at_once(&machines);
        assert_eq!((passed, builds), (6, vec!["build lengths".to_owned(), "build words".to_owned()]), "{what}");
    }
}

/// Only Linux lists the children of a process in files.
#[cfg(target_os = "linux")]
#[test]
fn test_killed_in_a_wait_leaves_no_helper() {
    let world = new_world();
    let mut builder = at_work(&world);
    let mut waiting = world.machine(&world.folder()).start("only_words");
    let children = || {
        let of_threads = fs::read_dir(format!("/proc/{}/task", waiting.child.id())).unwrap().flatten();
        let all = of_threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        all.flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    wait_until("it has started its helper", || !children().is_empty());
    let helper = children().remove(0);
    waiting.child.kill().unwrap();
    waiting.child.wait().unwrap();
    wait_until("the helper has ended", || !fs::exists(format!("/proc/{helper}")).unwrap());
    builder.child.kill().unwrap();
    builder.child.wait().unwrap();
}

#[test]
fn two_builds_after_a_lost_lease_are_counted() {
    let world = new_world();
    let pipe = world.path("pipe");
    make_pipe(&pipe);
    let first = world.machine(&world.folder()).with(subject::WAITS, pipe.to_str().unwrap());
    let started = first.start("only_words");
    wait_until("it builds", || first.has_begun());
    // Another machine has taken over the lease meanwhile.
    fs::write(world.object("v1/leases/"), "somebody else's token 0 another machine\n").unwrap();
    fs::write(&pipe, "").unwrap();
    let done = started.done();
    assert!(done.passed && done.warnings() == 0, "{}", done.stderr);
    let notes = fs::read_to_string(first.cache().join(".runs").join(&done.run).join("remote.jsonl")).unwrap();
    assert!(notes.lines().last().unwrap().contains("\"operation\":\"release\""), "{notes}");
    assert!(notes.contains("two machines have built the artifact"), "{notes}");
}
