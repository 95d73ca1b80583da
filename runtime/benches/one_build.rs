//! Measures many processes or threads that request one missing artifact at once, compared with a single process.
//!
//! One of them builds the artifact, the others wait. They promise to take at most 5 % longer than a single process,
//! plus one second.
//!
//! ```text
//! cargo bench -p cached-smoke --bench one_build [-- MANY [ROUNDS [MEGABYTES]]]
//! ```
//!
//! MEGABYTES (default: 12,000) is the amount that the build digests, which takes one core several seconds. Each round
//! measures all variants in turns, in new processes with a new cache directory. The output has the medians of the
//! rounds.
#![expect(clippy::unwrap_used, reason = "an error ends the benchmark")]

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Session, Suite};

struct Bench;

impl Suite for Bench {
    type Config = ();
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("benches");
}

/// An artifact that is slow to build: the digest of many zeros.
struct Digest(String);

impl Artifact<Bench> for Digest {
    const NAME: &'static str = "digest";

    fn build(cx: &BuildContext<'_, Bench>) -> Result<Self> {
        let megabytes: usize = fs::read_to_string(cx.repo().path().join("megabytes"))?.parse()?;
        let megabyte = vec![0; 1 << 20];
        let mut hasher = blake3::Hasher::new();
        for _ in 0..megabytes {
            hasher.update(&megabyte);
        }
        let builds = cx.repo().path().with_file_name("builds");
        fs::File::create_new(builds).map_err(|_| "the artifact was built twice")?;
        Ok(Digest(hasher.finalize().to_string()))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("digest"), &self.0)?)
    }

    fn load(cx: &LoadContext<'_, Bench>) -> Result<Self> {
        Ok(Digest(fs::read_to_string(cx.dir().join("digest"))?))
    }
}

/// The environment variable with the number of threads that request the artifact. It is set in the measured processes.
const THREADS: &str = "ONE_BUILD_THREADS";

/// Requests the artifact.
fn request() {
    let session = Session::<Bench>::open("it").unwrap();
    assert_eq!(session.get::<Digest>().unwrap().0.len(), 64);
}

/// Measures the time from the start of the first process to the end of the last.
fn wall(processes: usize, threads: usize, megabytes: usize) -> Duration {
    let root = tempfile::tempdir().unwrap();
    let repo = root.path().join("it");
    fs::create_dir(&repo).unwrap();
    fs::write(repo.join("megabytes"), megabytes.to_string()).unwrap();
    fs::write(root.path().join("smoke.toml"), "[repos.it]\npath = \"it\"\n").unwrap();
    let begun = Instant::now();
    let started: Vec<_> = (0..processes)
        .map(|_| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command
                .env(THREADS, threads.to_string())
                .env("CARGO_MANIFEST_DIR", root.path())
                .env("SMOKE_CACHE_DIR", root.path().join("cache"))
                .env("SMOKE_RUN_ID", "run")
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    for mut process in started {
        assert!(process.wait().unwrap().success());
    }
    let wall = begun.elapsed();
    assert!(root.path().join("builds").exists());
    wall
}

fn median(mut walls: Vec<Duration>) -> f64 {
    walls.sort();
    walls[walls.len() / 2].as_secs_f64()
}

fn main() -> ExitCode {
    if let Ok(threads) = std::env::var(THREADS) {
        std::thread::scope(|scope| {
            for _ in 0..threads.parse().unwrap() {
                scope.spawn(request);
            }
        });
        return ExitCode::SUCCESS;
    }
    let given: Vec<String> = std::env::args().skip(1).collect();
    if !given.iter().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` runs benchmarks without `--bench`.
        eprintln!("not a test; run `cargo bench -p cached-smoke --bench one_build`");
        return ExitCode::SUCCESS;
    }
    let numbers: std::result::Result<Vec<usize>, _> =
        given.iter().filter(|argument| *argument != "--bench").map(|argument| argument.parse()).collect();
    let (many, rounds, megabytes) = match numbers.as_deref() {
        Ok([]) => (64, 5, 12_000),
        Ok([many]) => (*many, 5, 12_000),
        Ok([many, rounds]) => (*many, *rounds, 12_000),
        Ok([many, rounds, megabytes]) => (*many, *rounds, *megabytes),
        _ => {
            eprintln!(
                "error: the arguments are not numbers\n\
                 help: run `cargo bench -p cached-smoke --bench one_build [-- MANY [ROUNDS [MEGABYTES]]]`"
            );
            return ExitCode::from(2);
        }
    };
    let (mut alone, mut processes, mut threads) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        alone.push(wall(1, 1, megabytes));
        processes.push(wall(many, 1, megabytes));
        threads.push(wall(1, many, megabytes));
    }
    let alone = median(alone);
    println!("one alone           {alone:7.3} s");
    for (what, walls) in [("processes", processes), ("threads", threads)] {
        let wall = median(walls);
        let promised = alone * 1.05 + 1.0;
        println!(
            "{many:3} {what:<9} {wall:13.3} s   {:.3} times, {:+.3} s; promised: at most {promised:.3} s",
            wall / alone,
            wall - alone
        );
    }
    ExitCode::SUCCESS
}
