//! A build in a process of its own, which outlives the test that wants it.
//!
//! A test runner with a time limit (nextest's `terminate-after`) kills a test in the midst of its build, and every later test as
//! well: a build that takes longer than the limit is begun again and again, and never done. So the test has its own executable
//! run the same test, up to this build and no further, in a process group of its own; it hands over the build lock, as the
//! standard input of that process, and waits for it like any other test. The next test, or the next run, finds what was built.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use once_cell::sync::Lazy;

use super::Obtain;
use crate::config::{Config, DEFAULT_LOCK_TIMEOUT};
use crate::error::Error;
use crate::layout::{self, Slot};
use crate::lock::{Acquired, BuildLock};
use crate::message::{self, PREFIX};
use crate::session::{Loaded, Origin};
use crate::store::Miss;
use crate::telemetry::Outcome;

/// Tells a process which artifact it is there to build: repository, entry and name.
const TARGET: &str = "SMOKE_BUILDER";
/// A builder whose time is over is gone long before.
const GRACE: Duration = Duration::from_mins(1);
/// How much of what a build said is repeated when it fails.
const MOST_LINES: usize = 60;

/// Whether this process is there to build something for another.
pub(in crate::session) fn is_builder() -> bool {
    target().is_some()
}

fn target() -> Option<&'static str> {
    static TARGET_OF_PROCESS: Lazy<Option<String>> = Lazy::new(|| std::env::var(TARGET).ok());
    TARGET_OF_PROCESS.as_deref()
}

fn name(slot: &Slot) -> String {
    format!("{}/{}/{}", slot.repo, slot.entry, slot.artifact)
}

/// Whether this process is there to build this.
pub(super) fn is_target(slot: &Slot) -> bool {
    target().is_some_and(|target| target == name(slot))
}

/// How long a builder may take, which nothing else may ever end: as long as anybody waits for it, and no shorter than any build.
fn time_limit(config: &Config) -> Duration {
    config.lock_timeout.max(DEFAULT_LOCK_TIMEOUT)
}

/// Ends this process when its time is over, if it is a builder.
pub(in crate::session) fn limit_time(config: &Config) {
    if is_builder() {
        let limit = time_limit(config);
        thread::spawn(move || {
            thread::sleep(limit);
            eprintln!(
                "{PREFIX} the build is given up after {}; a larger SMOKE_LOCK_TIMEOUT raises the limit",
                message::seconds(limit)
            );
            std::process::exit(1);
        });
    }
}

impl Obtain<'_> {
    /// Whether the build is to be done by another process.
    pub(super) fn is_detached(&self) -> bool {
        cfg!(unix) && self.process.config.detach && self.session.is_of_attribute && !is_builder()
    }

    /// Has another process build it, under the lock that is handed over, and waits for that.
    pub(super) fn build_detached(mut self, lock: BuildLock, slot: &Slot, miss: &Miss) -> Result<Loaded, Error> {
        self.check_failures(slot)?;
        // The builder has its own.
        if let Some(remote) = &mut self.remote {
            remote.hang_up();
        }
        let forced = self.is_forced(slot);
        let log = self.log();
        let mut builder = match self.start(&lock, slot, &log) {
            Ok(builder) => builder,
            Err(error) => {
                let subject = self.subject();
                message::warn_once(&format!(
                    "{subject} is built by the test's own process: no other can be started: {error}"
                ));
                return self.build_and_publish(lock, slot, miss);
            }
        };
        drop(lock);
        let waited = self.report.wait_seconds;
        // `SMOKE_LOCK_TIMEOUT` is for builds of others: its own, a test would not give up either if it built by itself.
        let lock = self.lock_within(slot, time_limit(self.process.config) + GRACE);
        // It was no wait for somebody else's build.
        self.report.wait_seconds = waited;
        let lock = match lock? {
            Acquired::Locked(lock) => lock,
            Acquired::TimedOut => {
                return self.build_privately(format!("its build does not end, see {}", log.display()));
            }
        };
        // It has released the lock, so it is at its end, unless it still has to share what it built.
        let _ = match &mut self.remote {
            Some(remote) => {
                remote.add_asked_by(builder.id());
                builder.try_wait().map(drop)
            }
            None => builder.wait().map(drop),
        };
        match self.look_again(slot, true)? {
            Ok((value, entry)) => {
                if self.was_fetched(slot) {
                    // It has waited for another machine, and fetched what that has built.
                    return Ok(self.had(Outcome::Fetched, value, entry));
                }
                self.report.outcome = if forced { Outcome::Forced } else { Outcome::Built };
                self.report.reason = miss.to_string();
                self.report.rebuild_seconds = entry.manifest.build_seconds();
                self.report.bytes = entry.manifest.bytes();
                Ok(self.loaded(value, Origin::Entry(Box::new(entry))))
            }
            Err(miss) => {
                repeat(&log);
                if let Some(failure) = self.failure(slot) {
                    self.failed(failure.seconds);
                    return Err(Error::Elsewhere { message: failure.message, mend: failure.mend });
                }
                let subject = self.subject();
                message::warn_once(&format!("the process that built {subject} has left nothing; it is built here"));
                self.build_and_publish(lock, slot, &miss)
            }
        }
    }

    fn log(&self) -> PathBuf {
        let key = self.recipe.key.digest();
        self.process.run.directory().join("builds").join(format!("{}-{}-{key}.log", self.repo(), self.kind.name))
    }

    fn start(&self, lock: &BuildLock, slot: &Slot, log: &Path) -> io::Result<Child> {
        if let Some(parent) = log.parent() {
            layout::create_private(parent)?;
        }
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args([&self.session.test, "--exact", "--include-ignored", "--nocapture"])
            .env(TARGET, name(slot))
            .env("SMOKE_RUN_ID", self.process.run.id())
            .stdin(Stdio::from(lock.share()?))
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log));
        // Out of reach of whoever kills the test, and all processes that are of its group.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }
}

/// Shows the end of what a build said: the runner shows what the test says, if it fails.
fn repeat(log: &Path) {
    let Ok(text) = fs::read(log) else { return };
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    eprintln!("{PREFIX} what the build said, from {}:", log.display());
    for line in &lines[lines.len().saturating_sub(MOST_LINES)..] {
        eprintln!("    {line}");
    }
}
