//! The scenarios. Each runs in a new [`Place`], and returns the number of builds that it expects.

use std::fs;
use std::io::Read;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::place::{BOUND, Place, Trouble};
use test_support::{Run, tamper};

type Scenario = fn(&Place) -> Result<usize, Trouble>;

/// The builds of the subject's test `both`: an artifact and its dependency.
const BOTH: usize = 2;
const MANY: usize = 8;

pub(super) const SCENARIOS: &[(&str, Scenario)] = &[
    ("cold", cold),
    ("hit", hit),
    ("detached", detached),
    ("eight", eight_at_once),
    ("killed", killed_in_its_build),
    ("forced", forced),
    ("damaged", damaged),
    ("read-only", read_only),
    ("removed", removed_between_two_runs),
    ("gc, clean", removed_by_the_tool),
    ("other user", another_user),
];

fn cold(place: &Place) -> Result<usize, Trouble> {
    place.pass(place.run("one", "both"))?;
    Ok(BOTH)
}

fn hit(place: &Place) -> Result<usize, Trouble> {
    cold(place)?;
    place.pass(place.run("two", "both"))?;
    Ok(BOTH)
}

/// A builder process builds, as under nextest.
fn detached(place: &Place) -> Result<usize, Trouble> {
    place.pass(place.run("one", "only_lengths").env("NEXTEST", "1"))?;
    Ok(BOTH)
}

fn eight_at_once(place: &Place) -> Result<usize, Trouble> {
    let arrivals = place.sandbox.pipe();
    let barrier = fs::File::create(place.sandbox.path("barrier")).unwrap();
    barrier.lock().unwrap();
    let begun = Instant::now();
    let at_the_barrier = |run: Run<'_>| {
        run.env("SUBJECT_ARRIVALS", &arrivals).env("SUBJECT_BARRIER", place.sandbox.path("barrier")).start()
    };
    let processes: Vec<_> = (0..MANY).map(|_| at_the_barrier(place.run("one", "both"))).collect();
    let (sender, receiver) = mpsc::channel();
    let mut arrived = fs::File::options().read(true).write(true).open(&arrivals).unwrap();
    std::thread::spawn(move || sender.send(arrived.read_exact(&mut [0; MANY])));
    // Some may fail before they arrive at the barrier. The others go on.
    let _ = receiver.recv_timeout(Duration::from_secs(10));
    barrier.unlock().unwrap();
    let ended: Vec<_> = processes.into_iter().map(|process| place.wait(process, begun)).collect();
    ended.into_iter().collect::<Result<Vec<()>, Trouble>>()?;
    Ok(BOTH)
}

/// The next run builds the artifact that the killed one began.
fn killed_in_its_build(place: &Place) -> Result<usize, Trouble> {
    let pipe = place.sandbox.pipe();
    let begun = Instant::now();
    let mut started = place.run("one", "both").env("SUBJECT_WAIT_FOR", "words").env("SUBJECT_PIPE", pipe).start();
    while !fs::read_to_string(place.sandbox.path("log")).is_ok_and(|log| log.ends_with('\n')) {
        if started.child.try_wait().unwrap().is_some() || begun.elapsed() > BOUND {
            place.wait(started, begun)?;
            return Err(Trouble::Failed("it ended without a build".to_owned()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    started.kill();
    place.pass(place.run("two", "both"))?;
    Ok(1 + BOTH)
}

fn forced(place: &Place) -> Result<usize, Trouble> {
    cold(place)?;
    place.pass(place.run("two", "both").env("SMOKE_FORCE_REBUILD", "all"))?;
    place.pass(place.run("three", "both"))?;
    Ok(2 * BOTH)
}

/// Damaged artifacts are rebuilt: a directory, and an archive whose unpacked files are gone.
fn damaged(place: &Place) -> Result<usize, Trouble> {
    cold(place)?;
    for file in ["lengths/below/lengths", "words.tar.zst"].iter().flat_map(|name| place.files(name)) {
        tamper(&file, |content| content.iter().map(|byte| byte ^ 1).collect());
    }
    let _ = fs::remove_dir_all(place.cache().join(".unpacked"));
    place.pass(place.run("two", "both"))?;
    Ok(2 * BOTH)
}

/// Hits are served, and nothing is published.
fn read_only(place: &Place) -> Result<usize, Trouble> {
    cold(place)?;
    place.pass(place.run("two", "both").env("SMOKE_CACHE", "read-only"))?;
    let _ = fs::remove_dir_all(place.cache());
    place.pass(place.run("three", "both").env("SMOKE_CACHE", "read-only"))?;
    if place.files("words.json").is_empty() {
        return Ok(2 * BOTH);
    }
    Err(Trouble::Failed("a read-only cache was written to".to_owned()))
}

fn removed_between_two_runs(place: &Place) -> Result<usize, Trouble> {
    cold(place)?;
    fs::remove_dir_all(place.cache())
        .map_err(|error| Trouble::Failed(format!("the cache cannot be removed: {error}")))?;
    place.pass(place.run("two", "both"))?;
    Ok(2 * BOTH)
}

/// `gc` keeps the later of two versions, and `clean` keeps none.
fn removed_by_the_tool(place: &Place) -> Result<usize, Trouble> {
    cold(place)?;
    fs::write(place.sandbox.repo().join("b.txt"), "sequel\n").unwrap();
    place.sandbox.commit();
    place.pass(place.run("two", "both"))?;
    let are_kept = place.files("words.json").len() == 2;
    place.tool(&["gc", "--max-versions", "1"])?;
    let left = place.files("words.json").len();
    if are_kept && left != 1 {
        return Err(Trouble::Failed(format!("gc --max-versions 1 has left {left} of 2")));
    }
    place.pass(place.run("three", "both"))?;
    place.tool(&["clean"])?;
    let left = place.files("words.json").len();
    if left != 0 {
        return Err(Trouble::Failed(format!("clean has left {left}")));
    }
    place.pass(place.run("four", "both"))?;
    Ok(3 * BOTH)
}

fn another_user(place: &Place) -> Result<usize, Trouble> {
    place.give_away()?;
    for id in ["one", "two"] {
        place.pass(place.run(id, "both").without_privileges())?;
    }
    Ok(BOTH)
}
