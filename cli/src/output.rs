//! Standard output, which may be read by something that has had enough: `cargo smoke-cache list | head`.

use std::fmt::Display;
use std::io::{Write, stdout};

use serde::Serialize;

/// A line of it. Where nobody reads any more nothing is written; what the command does, and its exit status, stay as they are.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(stdout().lock(), "{text}");
}

/// Somebody else's text, on one line, which cannot command the terminal that it is shown on.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// A value for programs: texts, numbers, and what consists of them.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) {
    line(serde_json::to_string_pretty(value).unwrap_or_default());
}
