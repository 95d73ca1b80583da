//! The cache directory, and what its file system can do.

use cached_smoke::tooling::units::Size;
use std::fs::TryLockError;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use cached_smoke::tooling::{Config, exposure, stored};
use tempfile::NamedTempFile;

use super::Finding;

const CACHE: &str = "cache";
const LOCKS: &str = "locks";
const SPACE: &str = "space";
const CLOCK: &str = "clock";
/// Less free space than this is reported.
const LITTLE_SPACE: u64 = 1 << 30;
/// The tolerance for clocks: file times of some file systems have a granularity of two seconds.
const TOLERANCE: Duration = Duration::from_secs(3);
/// The number of files whose times are compared, for each repository.
const MAX_FILES: usize = 20_000;
const OTHER_DIRECTORY: &str = "set SMOKE_CACHE_DIR to a directory on a local file system";

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let directory = config.cache_dir();
    let mut findings = vec![access(config)];
    // A probe must not create the cache.
    let Some(existing) = directory.ancestors().find(|path| path.exists()) else { return findings };
    if !existing.is_dir() {
        let problem = format!("{} is not a directory", existing.display());
        return vec![Finding::error(CACHE, problem, "set SMOKE_CACHE_DIR to another directory")];
    }
    match NamedTempFile::with_prefix_in(".smoke-cache-doctor-", existing) {
        Ok(probe) => {
            findings.push(locks(probe.path()));
            findings.extend(clock(&probe));
        }
        Err(error) => findings.push(Finding::error(
            CACHE,
            format!("cannot write to {}: {error}", existing.display()),
            "make the directory writable, or set SMOKE_CACHE_DIR to another directory",
        )),
    }
    findings.extend(space(config, existing));
    findings.extend(config.repos().iter().filter_map(|(name, repo)| future_files(name, &repo.path)));
    findings
}

/// Checks the directory, its owner and its mode.
fn access(config: &Config) -> Finding {
    let shown = config.cache_dir().display();
    if let Err(error) = stored(config) {
        let (problem, help) = crate::message::split_help(&error.report());
        return Finding::error(
            CACHE,
            problem,
            help.unwrap_or_else(|| "set SMOKE_CACHE_DIR to another directory".to_owned()),
        );
    }
    if let Some((problem, help)) = exposure(config) {
        return Finding::warning(CACHE, problem, help);
    }
    let state = if config.cache_dir().is_dir() { "" } else { ", which the first run creates" };
    Finding::ok(CACHE, format!("{shown}{state}"))
}

/// Locks a file twice, as two processes do.
fn locks(probe: &Path) -> Finding {
    let lock_twice = || -> io::Result<bool> {
        let (first, second) = (fs_err::File::open(probe)?, fs_err::File::open(probe)?);
        first.file().lock()?;
        Ok(matches!(second.file().try_lock(), Err(TryLockError::WouldBlock)))
    };
    lock_finding(lock_twice())
}

/// `is_exclusive` is `true` if the second lock was refused.
fn lock_finding(is_exclusive: io::Result<bool>) -> Finding {
    match is_exclusive {
        Ok(true) => Finding::ok(LOCKS, "the file system locks files"),
        Ok(false) => Finding::error(
            LOCKS,
            "the file system grants one lock twice, so artifacts are built twice",
            OTHER_DIRECTORY,
        ),
        Err(error) => {
            Finding::error(LOCKS, format!("the file system has no locks, so nothing is kept: {error}"), OTHER_DIRECTORY)
        }
    }
}

/// Compares the time of a new file with the clock.
fn clock(probe: &NamedTempFile) -> Option<Finding> {
    let now = SystemTime::now();
    let modified = probe.as_file().metadata().and_then(|metadata| metadata.modified()).ok()?;
    Some(clock_finding(modified.duration_since(now).unwrap_or_else(|error| error.duration())))
}

fn clock_finding(difference: Duration) -> Finding {
    if difference <= TOLERANCE {
        return Finding::ok(CLOCK, "the clocks of the machine and of the file system agree");
    }
    Finding::warning(
        CLOCK,
        format!("the clock of the file system differs by {} s", difference.as_secs()),
        "synchronise the clocks of the machine and of the file server",
    )
}

/// Checks the free space. Unknown on systems other than Unix.
fn space(config: &Config, existing: &Path) -> Option<Finding> {
    let free = free_bytes(existing)?;
    let used = stored(config).map(|all| all.iter().map(|one| one.bytes).sum()).unwrap_or_default();
    Some(space_finding(free, used))
}

fn space_finding(free: u64, used: u64) -> Finding {
    let message = format!("{} are free; the artifacts take {}", Size(free), Size(used));
    if free < LITTLE_SPACE {
        Finding::warning(SPACE, message, "run `cargo smoke-cache gc --max-size 1GB`, or free space")
    } else {
        Finding::ok(SPACE, message)
    }
}

#[cfg(unix)]
fn free_bytes(path: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(path).ok()?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// Reports files of a repository whose times are in the future: git must compare each repository in every process until
/// then.
fn future_files(name: &str, path: &Path) -> Option<Finding> {
    let limit = SystemTime::now() + TOLERANCE;
    let mut directories = vec![path.to_owned()];
    let (mut seen, mut future) = (0, Vec::new());
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            seen += 1;
            if metadata.is_dir() && entry.file_name() != ".git" {
                directories.push(entry.path());
            } else if metadata.is_file() && metadata.modified().is_ok_and(|modified| modified > limit) {
                future.push(entry.path());
            }
        }
        if seen > MAX_FILES {
            break;
        }
    }
    future.sort();
    let first = future.first()?;
    let message = format!(
        "{name}: the times of {} files are in the future, such as {}; git runs for every test",
        future.len(),
        first.strip_prefix(path).unwrap_or(first).display()
    );
    Some(Finding::warning(CLOCK, message, format!("run `find {} -newermt now -exec touch {{}} +`", path.display())))
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn files_of_the_future_are_reported() {
        let repo = tempfile::tempdir().expect("a temporary directory");
        let file = repo.path().join("a/file");
        fs_err::create_dir(repo.path().join("a")).expect("created");
        fs_err::write(&file, "content").expect("written");
        assert!(future_files("r", repo.path()).is_none());
        let time = SystemTime::now() + Duration::from_hours(1);
        fs_err::File::options().write(true).open(&file).and_then(|file| file.file().set_modified(time)).expect("set");
        let finding = future_files("r", repo.path()).expect("a finding");
        assert!(
            finding.message.contains("r: the times of 1 files") && finding.message.contains("a/file"),
            "{finding:?}"
        );
    }

    #[test]
    fn a_local_file_system_locks() {
        let probe = NamedTempFile::new().expect("a temporary file");
        assert_eq!(locks(probe.path()).state, State::Ok);
        assert_eq!(locks(Path::new("/nowhere/at/all")).state, State::Error);
    }

    #[test]
    fn two_locks_on_one_file_are_an_error() {
        for (is_exclusive, state) in [(true, State::Ok), (false, State::Error)] {
            assert_eq!(lock_finding(Ok(is_exclusive)).state, state);
        }
    }

    #[test]
    fn clocks_may_differ_by_three_seconds() {
        assert_eq!(clock_finding(Duration::from_secs(3)).state, State::Ok);
        let far = clock_finding(Duration::from_secs(90));
        assert!(far.state == State::Warning && far.message.ends_with(" differs by 90 s"), "{far:?}");
    }

    #[test]
    fn less_than_one_gibibyte_is_little_space() {
        assert_eq!(space_finding(1 << 30, 0).state, State::Ok);
        assert_eq!(space_finding((1 << 30) - 1, 0).state, State::Warning);
    }
}
