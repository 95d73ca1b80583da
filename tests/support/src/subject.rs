//! The inner side: what a test of the module `subject` calls, in the process that [`Run`](crate::Run) started for it.
//!
//! The outer test gives orders by variables `SUBJECT_…`. The inner one obeys them, and writes what it did into a log.

use std::fs::File;
use std::io::{Read, Write};
use std::sync::Once;

/// The variable with the path of the log.
pub(crate) const LOG: &str = "SUBJECT_LOG";
/// The variable with the place that a process waits in.
pub(crate) const WAIT_FOR: &str = "SUBJECT_WAIT_FOR";
/// The variable with the path of the pipe that it waits at.
pub(crate) const PIPE: &str = "SUBJECT_PIPE";

/// Returns the value of a variable, unless it is unset or empty.
pub fn order(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Adds a line to the log, such as `build words`.
///
/// One write for each line, so that those of concurrent processes do not mix.
pub fn log(line: &str) {
    if let Some(path) = order(LOG) {
        let mut file = File::options().create(true).append(true).open(path).unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

/// Waits, once in a process, if [`Run::start_until_in`](crate::Run::start_until_in) named this place.
pub fn wait_in(place: &str) {
    static ONCE: Once = Once::new();
    if order(WAIT_FOR).as_deref() == Some(place) {
        // Opening the pipe waits for its other end, and reading waits until that is closed.
        ONCE.call_once(|| {
            let mut pipe = File::open(order(PIPE).unwrap()).unwrap();
            pipe.read_to_end(&mut Vec::new()).unwrap();
        });
    }
}
