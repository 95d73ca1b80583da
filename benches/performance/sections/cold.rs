//! Measures many processes that request one missing artifact, and the cost of the cache in a cold start.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::samples::{Program, Sample, Values, in_turns};
use crate::setup::{Setup, copy_tree};
use crate::table::{Goal, Table};

const MANY: usize = 16;
/// The maximum number of rounds. A round takes several builds.
const MAX_ROUNDS: usize = 7;
/// The directory of a cache with the states of repositories that earlier runs took.
const STAMPS: &str = ".stamps";
/// The limit on cold starts until one of them keeps the state. It takes some seconds after the last change.
const MAX_ATTEMPTS: usize = 20;

pub(super) fn run(setup: &Setup, table: &mut Table) {
    println!("\ncold, Django:");
    let start = ColdStart::prepare(setup);
    let hit = setup.hit("django");
    let cold = |processes: usize| start.with_state(&hit, |hit| hit.run_at_once(processes));
    let rounds = setup.rounds.min(MAX_ROUNDS);
    let [one, many] = in_turns(rounds, [&|| cold(1), &|| cold(MANY)]);
    let one = one.print("one process on an empty cache");
    let many = many.print("16 processes on an empty cache");
    table.ratio("16 processes on one key ÷ one alone", many / one, Goal::AtMost(1.05));

    // Measured within one process, because the times of two builds always differ.
    let parts = setup.program("cold");
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        known.push(start.with_state(&parts, Program::run));
        unknown.push(start.without_state(&parts, Program::run));
    }
    for (samples, case) in [(known, "known"), (unknown, "unknown")] {
        println!("  the state of the repository is {case}:");
        let of = |part: fn(&Sample) -> f64| Values::new(samples.iter().map(part));
        let build = of(|sample| sample.in_artifacts).print("build, save and load, of one cold start");
        let rest = of(|sample| sample.inside - sample.in_artifacts).print("key, locks, digests, archive, publishing");
        table.value(format!("key and store, of the build, state {case}"), rest / build * 100.0, "%", Goal::AtMost(3.0));
    }
    start.remove();
}

/// Runs programs on an empty cache.
struct ColdStart {
    cache: PathBuf,
    /// The kept state of the repository.
    stamps: PathBuf,
}

impl ColdStart {
    /// Keeps the state of the repository. That of the setup may be out of date: hard links to the files of Django, as
    /// another section creates them, change their metadata.
    fn prepare(setup: &Setup) -> ColdStart {
        let start = ColdStart { cache: setup.path("cold"), stamps: setup.path("stamps") };
        let _ = fs::remove_dir_all(&start.stamps);
        let program = setup.program("cold");
        let keeps = |_| {
            start.without_state(&program, Program::run);
            start.cache.join(STAMPS).is_dir()
        };
        assert!((0..MAX_ATTEMPTS).any(keeps), "the state of Django is not kept: its files change all the time");
        copy_tree(&start.cache.join(STAMPS), &start.stamps);
        start
    }

    /// Runs a program on a cache without entries. A cache is usually cold because code changed, not the repository: so
    /// an earlier run has kept the state of the repository.
    fn with_state<T>(&self, program: &Program, work: impl FnOnce(&Program) -> T) -> T {
        let _ = fs::remove_dir_all(&self.cache);
        copy_tree(&self.stamps, &self.cache.join(STAMPS));
        let copied = written(&self.cache.join(STAMPS));
        let result = work(&program.set("SMOKE_CACHE_DIR", &self.cache));
        assert_eq!(written(&self.cache.join(STAMPS)), copied, "the state was taken again");
        result
    }

    /// Runs a program on an empty cache.
    fn without_state<T>(&self, program: &Program, work: impl FnOnce(&Program) -> T) -> T {
        let _ = fs::remove_dir_all(&self.cache);
        work(&program.set("SMOKE_CACHE_DIR", &self.cache))
    }

    fn remove(self) {
        for directory in [self.cache, self.stamps] {
            let _ = fs::remove_dir_all(directory);
        }
    }
}

/// Returns the files of a directory, with the time at which each was written.
fn written(directory: &Path) -> Vec<(OsString, SystemTime)> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name(), entry.metadata().unwrap().modified().unwrap())).collect()
}
