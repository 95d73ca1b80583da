//! The cache on unusual file systems. `.ci/filesystems` mounts them and prints the table.
#![cfg(target_os = "linux")]

mod place;
mod scenarios;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use place::{Place, Trouble};
use scenarios::SCENARIOS;

/// Longer processes are marked as slow.
const SLOW: Duration = Duration::from_secs(10);

/// The result of one scenario on one file system.
struct Cell {
    text: String,
    /// One line, unless the result is `ok`.
    explanation: Option<String>,
    is_bad: bool,
}

/// Writes one row of the table: runs each scenario in the directory that `FILESYSTEM_DIRECTORY` names.
#[test]
#[ignore = "run by .ci/filesystems, which mounts a file system"]
fn row() {
    let name = variable("FILESYSTEM_NAME");
    let report = PathBuf::from(variable("FILESYSTEM_REPORT"));
    let mut row = format!("| {name:<18} |");
    let mut bad = Vec::new();
    for (title, scenario) in SCENARIOS {
        let cell = run(title, *scenario);
        let _ = write!(row, " {:<10} |", cell.text);
        if let Some(explanation) = cell.explanation {
            append(&report.join("explanations"), &format!("{name}, {title}: {}: {explanation}", cell.text));
        }
        if cell.is_bad {
            bad.push(*title);
        }
    }
    append(&report.join("table"), &row);
    assert!(bad.is_empty(), "{name}: {bad:?}");
}

/// Writes the first two lines of the table.
#[test]
#[ignore = "run by .ci/filesystems"]
fn head() {
    let mut titles = format!("| {:<18} |", "file system");
    let mut rule = format!("| {} |", "-".repeat(18));
    for (title, _) in SCENARIOS {
        let _ = write!(titles, " {title:<10} |");
        let _ = write!(rule, " {} |", "-".repeat(10));
    }
    let report = PathBuf::from(variable("FILESYSTEM_REPORT"));
    append(&report.join("table"), &titles);
    append(&report.join("table"), &rule);
}

fn run(title: &str, scenario: fn(&Place) -> Result<usize, Trouble>) -> Cell {
    let place = Place::new(title);
    let ended = scenario(&place);
    let builds = place.builds();
    let expected = match ended {
        Ok(expected) if builds < expected => {
            let text = format!("{builds} builds instead of {expected}");
            return Cell { text: "FAIL".to_owned(), explanation: Some(text), is_bad: true };
        }
        Ok(expected) => expected,
        Err(Trouble::Failed(text)) => {
            return Cell { text: "FAIL".to_owned(), explanation: Some(text), is_bad: true };
        }
        Err(Trouble::Hung(text)) => return Cell { text: "hang".to_owned(), explanation: Some(text), is_bad: true },
        Err(Trouble::Impossible(text)) => {
            return Cell { text: "-".to_owned(), explanation: Some(text), is_bad: false };
        }
    };
    let mut text = if place.slowest() > SLOW { "slow" } else { "ok" }.to_owned();
    let mut explanations = Vec::new();
    if builds > expected {
        let _ = write!(text, " {}b", builds - expected);
        explanations.push(format!("{builds} builds instead of {expected}"));
    }
    if place.slowest() > SLOW {
        explanations.push(format!("a process took {:.1} s", place.slowest().as_secs_f64()));
    }
    let warnings = place.warnings();
    if !warnings.is_empty() {
        let _ = write!(text, " {}w", warnings.len());
        let mut distinct = warnings;
        distinct.sort();
        distinct.dedup();
        explanations.push(distinct.join("; "));
    }
    let explanation = (!explanations.is_empty()).then(|| explanations.join("; "));
    Cell { text, explanation, is_bad: false }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: this is run by .ci/filesystems"))
}

fn append(path: &std::path::Path, line: &str) {
    let mut file = fs::File::options().create(true).append(true).open(path).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}
