//! Lines for people on standard error: one place for their look.

use std::collections::HashSet;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use once_cell::sync::{Lazy, OnceCell};
use serde::{Deserialize, Serialize};

/// Printed before every line of ours, on either stream.
pub(crate) const PREFIX: &str = "[smoke-cache]";

/// Writes a warning, once in a run, however many of its tests have the same trouble.
pub(crate) fn warn_once(text: &str) {
    warn_once_about(text, text);
}

/// Writes the first of all warnings about `topic` in a run: one trouble often shows in several places.
pub(crate) fn warn_once_about(topic: &str, text: &str) {
    static SAID: Lazy<Mutex<HashSet<String>>> = Lazy::new(Mutex::default);
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if !said.insert(topic.to_owned()) {
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

/// Returns `true` if a warning about a topic is to be written: no process of the run has written one.
type Filter = fn(topic: &str, text: &str) -> bool;

static FILTER: OnceCell<Filter> = OnceCell::new();

/// Asks `filter` before each warning from here on.
pub(crate) fn filter_warnings(filter: Filter) {
    let _ = FILTER.set(filter);
}

/// The warnings of a process whose output is read by no person.
static KEPT: OnceCell<Mutex<Vec<Warning>>> = OnceCell::new();

/// A warning for another process to write.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Warning {
    topic: String,
    text: String,
}

impl Warning {
    pub(crate) fn write(&self) {
        warn_once_about(&self.topic, &self.text);
    }
}

/// Makes this process keep its warnings from here on.
pub(crate) fn keep_warnings() {
    let _ = KEPT.set(Mutex::default());
}

/// Returns the warnings that were kept.
pub(crate) fn kept_warnings() -> Vec<Warning> {
    KEPT.get().map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
}

/// The time until a wait is first reported: a short one needs no words.
pub(crate) const FIRST_REMINDER: Duration = Duration::from_secs(1);
/// The time between reports of one wait.
pub(crate) const REMINDER: Duration = Duration::from_secs(5);
/// The time until slow work is first reported.
const SLOW: Duration = Duration::from_secs(2);

/// Does `work`, and reports on standard error after two seconds, and then every five, that it still goes on.
///
/// The report is written by a thread of its own, which takes some 50 µs: not for what each test does.
pub(crate) fn while_slow<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let (done, is_done) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let report = move || {
            let mut pause = SLOW;
            while let Err(RecvTimeoutError::Timeout) = is_done.recv_timeout(pause) {
                progress(&format!("{what} has taken {} so far", seconds(begun.elapsed())));
                pause = REMINDER;
            }
        };
        // Without a thread it is done all the same.
        let _ = thread::Builder::new().name("smoke-cache report".to_owned()).spawn_scoped(scope, report);
        let result = work();
        drop(done);
        result
    })
}

/// Says what is going on while a test has to wait.
pub(crate) fn progress(text: &str) {
    eprintln!("{PREFIX} {text}");
}

/// `12.3 s`, `2 m 05 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} m {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(seconds(Duration::from_millis(1234)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 m 05 s");
    }
}
