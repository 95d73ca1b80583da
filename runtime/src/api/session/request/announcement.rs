//! Announces a build that takes long: to the user, past the output capture of the test runner.
//!
//! The process of the test announces the build, also if a builder process runs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::ArtifactRequest;
use super::builder;
use crate::api::context::DependencyTime;
use crate::config::Mode;
use crate::error::Error;
use crate::message::{PREFIX, SLOW};
use crate::telemetry::{ArtifactReport, Outcome};
use crate::terminal;
use crate::units::{duration, elapsed};

/// The interval between two looks at a build that requests a dependency.
const POLL_EVERY: Duration = Duration::from_millis(200);
/// The width of a usual terminal.
const COLUMNS: usize = 80;

/// A build in flight, and its line for the user.
pub(super) struct Announcement {
    /// The artifact, as in messages.
    subject: String,
    begun: Instant,
    is_made: Arc<AtomicBool>,
    waiting: Option<Waiting>,
}

/// The thread that announces the build once it takes long.
struct Waiting {
    /// Ends the thread when it is dropped.
    end: Sender<()>,
    thread: JoinHandle<()>,
}

impl Announcement {
    /// Announces a build: now if the last one took long, else once this one does. A dependency announces itself, so its
    /// time does not count.
    fn begin(subject: String, reason: &str, last: Option<Duration>, in_dependencies: Arc<DependencyTime>) -> Self {
        let text = beginning(&subject, reason, last);
        let begun = Instant::now();
        let is_made = Arc::new(AtomicBool::new(false));
        let waiting = if last.is_some_and(|last| last >= SLOW) {
            terminal::write_lines(&text);
            is_made.store(true, Ordering::Relaxed);
            None
        } else {
            let is_made = Arc::clone(&is_made);
            let (end, is_over) = mpsc::channel();
            let announce = move || {
                let mut pause = SLOW;
                while is_over.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                    let own = in_dependencies.own_part(begun.elapsed());
                    if own.is_some_and(|own| own >= SLOW) {
                        terminal::write_lines(&text);
                        is_made.store(true, Ordering::Relaxed);
                        return;
                    }
                    pause = own.map_or(POLL_EVERY, |own| SLOW.saturating_sub(own));
                }
            };
            // Without a thread, the build is not announced.
            let thread = thread::Builder::new().name("smoke-cache announcement".to_owned()).spawn(announce);
            thread.ok().map(|thread| Waiting { end, thread })
        };
        Announcement { subject, begun, is_made, waiting }
    }

    /// Writes the result of an announced build.
    fn end(mut self, result: impl FnOnce(&str, Duration) -> String) {
        // After this, the thread writes nothing more.
        if let Some(Waiting { end, thread }) = self.waiting.take() {
            drop(end);
            let _ = thread.join();
        }
        if self.is_made.load(Ordering::Relaxed) {
            terminal::write_lines(&format!("{PREFIX} {}", result(&self.subject, self.begun.elapsed())));
        }
    }
}

/// Returns the line about the beginning of a build. A long reason has a second line.
fn beginning(subject: &str, reason: &str, last: Option<Duration>) -> String {
    let last = last.map_or_else(String::new, |last| format!(", {} last time", elapsed(last)));
    let head = format!("{PREFIX} building {subject}{last}");
    let reason = reason.lines().next().unwrap_or_default();
    match head.chars().count() + 2 + reason.chars().count() {
        _ if reason.is_empty() => head,
        ..=COLUMNS => format!("{head}: {reason}"),
        _ => format!("{head}:\n    {reason}"),
    }
}

/// Returns the result of a build, or of the wait for one.
fn result(subject: &str, report: &ArtifactReport) -> String {
    let took = duration(report.rebuild_seconds);
    match report.outcome {
        Outcome::Built | Outcome::Forced => format!("built {subject} in {took}; the next run restores it"),
        Outcome::Bypassed => format!("built {subject} in {took}; it is not kept: {}", report.reason),
        Outcome::Fetched => format!("fetched {subject} from the remote cache"),
        _ => format!("restored {subject}, which another process has built"),
    }
}

impl ArtifactRequest<'_> {
    /// Announces the build of this artifact, once in a request. `in_dependencies` is the time that does not count.
    pub(super) fn announce(&mut self, reason: &str, in_dependencies: Arc<DependencyTime>) {
        // A builder writes to a log, which no user reads.
        if self.announcement.is_some() || !self.process.config.announce || builder::is_builder() {
            return;
        }
        let may_read = self.process.config.mode != Mode::Off && self.store.link().is_none();
        let last = if may_read { self.store.last_build() } else { None };
        self.announcement = Some(Announcement::begin(self.subject(), reason, last, in_dependencies));
    }

    /// Announces the result of this request.
    pub(super) fn announce_result(&mut self) {
        if let Some(announcement) = self.announcement.take() {
            announcement.end(|subject, _| result(subject, &self.report));
        }
    }

    /// Announces the builds of dependencies by the builder of this request, which could not.
    pub(super) fn announce_dependencies(&self, reports: &[ArtifactReport]) {
        if !self.process.config.announce {
            return;
        }
        let is_slow =
            |report: &&ArtifactReport| report.outcome.is_miss() && report.rebuild_seconds >= SLOW.as_secs_f64();
        for report in reports.iter().filter(is_slow) {
            let subject = format!("`{}` of {}", report.artifact, self.repo());
            terminal::write_lines(&format!("{PREFIX} {}", result(&subject, report)));
        }
    }

    /// Announces the failure of this request.
    pub(super) fn announce_failure(&mut self, error: &Error) {
        if let Some(announcement) = self.announcement.take() {
            announcement.end(|subject, time| match error {
                Error::Skipped { .. } => format!("skipped {subject} after {}", elapsed(time)),
                _ => format!("failed to build {subject} after {}", elapsed(time)),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginning_fits_the_width_of_a_terminal() {
        let subject = "`graph` of django";
        assert_eq!(beginning(subject, "first build", None), "[smoke-cache] building `graph` of django: first build");
        assert_eq!(
            beginning(subject, "code-index recompiled: feature fancy", Some(Duration::from_millis(10_240))),
            "[smoke-cache] building `graph` of django, 10 s last time:\n    code-index recompiled: feature fancy"
        );
        assert_eq!(beginning(subject, "", None), "[smoke-cache] building `graph` of django");
        assert_eq!(beginning(subject, "a\nhelp: b", None), "[smoke-cache] building `graph` of django: a");
    }

    #[test]
    fn result_says_whether_the_next_run_builds_again() {
        let report = |outcome, reason| ArtifactReport {
            outcome,
            rebuild_seconds: 10.24,
            ..ArtifactReport::new("graph", "k", reason)
        };
        for (outcome, expected) in [
            (Outcome::Built, "built `graph` in 10 s; the next run restores it"),
            (Outcome::Bypassed, "built `graph` in 10 s; it is not kept: SMOKE_CACHE=off"),
            (Outcome::Fetched, "fetched `graph` from the remote cache"),
            (Outcome::Shared, "restored `graph`, which another process has built"),
        ] {
            assert_eq!(result("`graph`", &report(outcome, "SMOKE_CACHE=off")), expected);
        }
    }
}
