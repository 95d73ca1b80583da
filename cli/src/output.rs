//! Standard output. Its reader may close it early, as in `cargo smoke-cache list | head`.

use std::fmt::Display;
use std::io::{Write, stdout};

use serde::Serialize;

/// Writes a line to standard output. A closed pipe changes neither the command's work nor its exit status.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(stdout().lock(), "{text}");
}

/// Replaces control characters of untrusted text by spaces: it stays on one line and cannot control the terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Prints a value as JSON.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) {
    line(serde_json::to_string_pretty(value).unwrap_or_default());
}
