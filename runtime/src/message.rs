//! Writes progress and warnings to standard error, in one format.

use std::collections::HashSet;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use once_cell::sync::{Lazy, OnceCell};
use serde::{Deserialize, Serialize};

use crate::units::elapsed;

/// The prefix of every line of this crate, on standard output and standard error.
pub(crate) const PREFIX: &str = "[smoke-cache]";

/// Writes a warning once in a run, even if many tests have the same problem.
pub(crate) fn warn_once(text: &str) {
    warn_once_about(text, text);
}

/// Writes the first warning about `topic` in a run, because one problem often shows in several places.
pub(crate) fn warn_once_about(topic: &str, text: &str) {
    static WARNED: Lazy<Mutex<HashSet<String>>> = Lazy::new(Mutex::default);
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    if !warned.insert(topic.to_owned()) {
        return;
    }
    if let Some(kept) = KEPT.get() {
        let warning = Warning { topic: topic.to_owned(), text: text.to_owned() };
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
        return;
    }
    if FILTER.get().is_none_or(|is_first| is_first(topic, text)) {
        eprintln!("{PREFIX} warning: {text}");
    }
}

/// Returns `true` if no process of the run has written a warning about the topic.
type Filter = fn(topic: &str, text: &str) -> bool;

static FILTER: OnceCell<Filter> = OnceCell::new();

/// Sets the filter that decides about each later warning.
pub(crate) fn filter_warnings(filter: Filter) {
    let _ = FILTER.set(filter);
}

/// The warnings of a process whose output no user reads.
static KEPT: OnceCell<Mutex<Vec<Warning>>> = OnceCell::new();

/// A warning for another process to write.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Warning {
    topic: String,
    text: String,
}

impl Warning {
    /// Writes the warning, unless this run has warned about its topic.
    pub(crate) fn write(&self) {
        warn_once_about(&self.topic, &self.text);
    }
}

/// Makes this process keep its warnings instead of writing them.
pub(crate) fn keep_warnings() {
    let _ = KEPT.set(Mutex::default());
}

/// Returns the kept warnings.
pub(crate) fn kept_warnings() -> Vec<Warning> {
    KEPT.get().map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
}

/// The time until a wait is first reported. Short waits are not reported.
pub(crate) const FIRST_REMINDER: Duration = Duration::from_secs(1);
/// The time between reports of one wait.
pub(crate) const REMINDER: Duration = Duration::from_secs(5);
/// The time until slow work is first reported.
pub(crate) const SLOW: Duration = Duration::from_secs(2);

/// Runs `work`, and reports on standard error after two seconds, and then every five, that it still runs.
///
/// A new thread writes the reports. It takes some 50 µs, so this is not for work that each test does.
pub(crate) fn while_slow<T>(subject: &str, work: impl FnOnce() -> T) -> T {
    let _reports = Reports::begin(subject.to_owned());
    work()
}

/// The reports of slow work, which end when the value is dropped.
struct Reports {
    end: Option<Sender<()>>,
    /// `None` if no thread could be started. Then the work runs without reports.
    thread: Option<JoinHandle<()>>,
}

impl Reports {
    fn begin(subject: String) -> Reports {
        let begun = Instant::now();
        let (end, is_over) = mpsc::channel();
        let report = move || {
            let mut pause = SLOW;
            while is_over.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                progress(&format!("{subject} has taken {} so far", elapsed(begun.elapsed())));
                pause = REMINDER;
            }
        };
        let thread = thread::Builder::new().name("smoke-cache report".to_owned()).spawn(report).ok();
        Reports { end: Some(end), thread }
    }
}

impl Drop for Reports {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Writes a line about a wait or slow work of a test.
pub(crate) fn progress(text: &str) {
    eprintln!("{PREFIX} {text}");
}
