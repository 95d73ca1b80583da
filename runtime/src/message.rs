//! Lines for people on standard error: one place for their look.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use once_cell::sync::Lazy;

/// Printed before every line of ours, on either stream.
pub(crate) const PREFIX: &str = "[smoke-cache]";

/// Says `text` once in this process, however often the trouble comes back.
pub(crate) fn warn_once(text: &str) {
    warn_once_about(text, text);
}

/// Says only the first of all texts about `topic`: one trouble often shows in several places.
pub(crate) fn warn_once_about(topic: &str, text: &str) {
    static SAID: Lazy<Mutex<HashSet<String>>> = Lazy::new(Mutex::default);
    let mut said = SAID.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if said.insert(topic.to_owned()) {
        eprintln!("{PREFIX} warning: {text}");
    }
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
