//! Compares private copies of an artifact with `cp`, on the file system of a directory.
//!
//! ```text
//! cargo bench --bench scratch [-- DIRECTORY]
//! ```
//!
//! The default is the directory for temporary files. A directory on Btrfs or XFS shows copies that share blocks.
#![expect(clippy::unwrap_used, reason = "an error ends the benchmark")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Session, Storage, Suite};

/// The environment variable with the working directory. It is set in the process that measures.
const DIRECTORY: &str = "SCRATCH_DIRECTORY";
const ROUNDS: usize = 7;

/// The files of an artifact.
#[derive(Clone, Copy, Default, serde::Serialize)]
struct Files {
    number: u32,
    bytes: usize,
}

struct Copies;

impl Suite for Copies {
    type Config = Files;
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("scratch.rs");
}

struct Blobs;

impl Artifact<Copies> for Blobs {
    const NAME: &'static str = "blobs";
    const STORAGE: Storage = Storage::Directory;

    fn build(cx: &BuildContext<'_, Copies>) -> Result<Self> {
        let block: Vec<u8> = (1..=251).cycle().take(cx.config().bytes.min(1 << 20)).collect();
        for number in 0..cx.config().number {
            let mut file = File::create(cx.dir().join(number.to_string()))?;
            for _ in 0..cx.config().bytes / block.len() {
                file.write_all(&block)?;
            }
        }
        Ok(Blobs)
    }

    fn load(_: &LoadContext<'_, Copies>) -> Result<Self> {
        Ok(Blobs)
    }
}

fn main() -> ExitCode {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        measure_all(Path::new(&directory));
        return ExitCode::SUCCESS;
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` runs benchmarks without `--bench`.
        eprintln!("not a test; run `cargo bench --bench scratch`");
        return ExitCode::SUCCESS;
    }
    let below = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let directory = tempfile::tempdir_in(below.map_or_else(std::env::temp_dir, PathBuf::from)).unwrap();
    let repo = directory.path().join("empty");
    fs::create_dir(&repo).unwrap();
    fs::write(repo.join("file"), "content").unwrap();
    // A process reads the environment once, at its start, so the measuring process is a child of this one.
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SMOKE_")) {
        command.env_remove(name);
    }
    let command = command.env(DIRECTORY, directory.path()).env("SMOKE_RUN_ID", "scratch");
    let command = command.env("SMOKE_CACHE_DIR", directory.path().join("cache")).env("SMOKE_REPO_PATHS", &repo);
    ExitCode::from(u8::from(!command.status().unwrap().success()))
}

fn measure_all(directory: &Path) {
    println!("| milliseconds | scratch | cp | cp --reflink=never | scratch ÷ cp | scratch ÷ never |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let megabyte = 1 << 20;
    measure("10 MiB, 100 files", directory, Files { number: 100, bytes: megabyte / 10 });
    measure("10 MiB, one file", directory, Files { number: 1, bytes: 10 * megabyte });
    measure("1 GiB, 100 files", directory, Files { number: 100, bytes: 10 * megabyte });
    measure("1 GiB, one file", directory, Files { number: 1, bytes: 1000 * megabyte });
}

/// Measures one artifact. All ways take turns.
fn measure(name: &str, directory: &Path, files: Files) {
    let session = Session::<Copies>::with_config("empty", files).unwrap();
    let template = session.scratch::<Blobs>().unwrap();
    let target = directory.join("copy");
    let cp = |arguments: &[&str]| {
        let begun = Instant::now();
        assert!(
            Command::new("cp").arg("-r").args(arguments).arg(template.dir()).arg(&target).status().unwrap().success()
        );
        let took = begun.elapsed();
        fs::remove_dir_all(&target).unwrap();
        took
    };
    let mut times: [Vec<Duration>; 3] = Default::default();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let copy = session.scratch::<Blobs>().unwrap();
        times[0].push(begun.elapsed());
        drop(copy);
        times[1].push(cp(&[]));
        times[2].push(cp(&["--reflink=never"]));
    }
    let [scratch, cp, never] = times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2].as_secs_f64() * 1000.0
    });
    println!("| {name} | {scratch:.1} | {cp:.1} | {never:.1} | {:.2} | {:.2} |", scratch / cp, scratch / never);
}
