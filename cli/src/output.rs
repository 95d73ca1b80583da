//! Standard output. Its reader may close it early, as in `cargo smoke-cache list | head`.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};

pub(crate) use cached_smoke::tooling::plain;
use serde::Serialize;

use crate::options;

/// Writes a line to standard output. A closed pipe changes neither the command's work nor its exit status.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(stdout().lock(), "{text}");
}

/// Writes an error to standard error.
pub(crate) fn error(text: impl Display) {
    let (start, end) = if options::is_stderr_coloured() { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
    let _ = writeln!(stderr(), "{start}error{end}: {text}");
}

/// Writes a line about the progress to standard error, unless `--quiet` is given.
pub(crate) fn progress(text: impl Display) {
    if !options::get().is_quiet() {
        let _ = writeln!(stderr(), "{text}");
    }
}

/// Replaces control characters of untrusted text, except for line ends.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// Prints a value as JSON.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) {
    line(serde_json::to_string_pretty(value).unwrap_or_default());
}
