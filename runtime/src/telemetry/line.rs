//! The report of a test as the line that it prints.

use std::fmt::{self, Write};

use super::report::CacheReport;
use crate::message::PREFIX;

impl fmt::Display for CacheReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{PREFIX} test={} repo={} artifact={} cache_hit={} cache_miss={} rebuild_seconds={:.3} \
             restore_seconds={:.3} wait_seconds={:.3} reason={} key={}{}",
            self.test,
            self.repo,
            joined(self.artifacts.iter().map(|artifact| artifact.artifact.as_str())),
            u8::from(self.cache_hit()),
            u8::from(self.cache_miss()),
            self.rebuild_seconds(),
            self.restore_seconds(),
            self.wait_seconds(),
            quoted(&joined(self.artifacts.iter().map(|artifact| artifact.reason.as_str()))),
            joined(self.artifacts.iter().map(|artifact| artifact.key.as_str())),
            remote(self),
        )
    }
}

/// Returns the fields of the remote cache, if it was used.
fn remote(report: &CacheReport) -> String {
    let seconds = report.remote_seconds();
    let mut fields = if seconds > 0.0 { format!(" remote_seconds={seconds:.3}") } else { String::new() };
    let errors = joined(report.artifacts.iter().filter_map(|artifact| artifact.remote_error.as_deref()));
    if errors != "-" {
        let _ = write!(fields, " remote_error={}", quoted(&errors));
    }
    fields
}

/// Returns the distinct parts, separated by commas, or `-` if all are empty.
fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        if !distinct.contains(&part) {
            distinct.push(part);
        }
    }
    if distinct.is_empty() { "-".to_owned() } else { distinct.join(",") }
}

/// Returns the text as one word of the line: in quotes if it contains spaces, without control characters.
fn quoted(text: &str) -> String {
    if !text.contains(|character: char| character.is_whitespace() || character.is_control() || character == '"') {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push('\''),
            character if character.is_control() => quoted.push(' '),
            character => {
                let _ = quoted.write_char(character);
            }
        }
    }
    quoted.push('"');
    quoted
}
