//! The parts of the page that are tables.

use bytesize::ByteSize;

use super::super::escaped::Escaped;
use super::super::figures::Run;
use super::super::number::{moment, seconds};
use super::super::table::{code, number, state, table, text};
use super::{cut, empty, in_numbers, section};
use crate::report::rate;
use crate::summary::Sums;

pub(in crate::report::html) fn latest(runs: &[Run]) -> String {
    let Some(run) = runs.last() else { return String::new() };
    let lead = format!("{}, {} (UTC). Restore and wait: the slowest test of each.", run.id, moment(run.begun));
    let rows: Vec<Vec<String>> = run
        .summary
        .rows()
        .iter()
        .map(|row| {
            vec![
                row.repo.clone(),
                row.artifact.clone(),
                row.outcome.to_string(),
                seconds(row.rebuild_seconds),
                seconds(row.restore_seconds),
                seconds(row.wait_seconds),
                seconds(row.saved_seconds),
                row.key.clone(),
                cut(&row.reason),
            ]
        })
        .collect();
    if rows.is_empty() {
        return section("Latest run", &lead, &empty("Its tests asked for no artifact."));
    }
    let columns = [
        text("repo"),
        text("artifact"),
        state("outcome"),
        number("build"),
        number("restore"),
        number("wait"),
        number("saved"),
        code("key"),
        text("reason"),
    ];
    let traffic = run.traffic.as_ref().map(|traffic| format!("<p>{}</p>\n", Escaped(&sentence(&traffic.to_string()))));
    let table = table("The artifacts of the latest run", &columns, &rows);
    section("Latest run", &lead, &[traffic.unwrap_or_default(), table].concat())
}

/// A line of a report, as a sentence of its own.
fn sentence(line: &str) -> String {
    let mut characters = line.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + &cut(characters.as_str())
}

pub(in crate::report::html) fn all(runs: &[Run]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = runs
        .iter()
        .rev()
        .map(|run| {
            let Sums { tests, artifacts, hits, rebuild_seconds, saved_seconds, .. } = run.summary.sums();
            vec![
                moment(run.begun),
                run.id.clone(),
                tests.to_string(),
                artifacts.to_string(),
                rate(hits, artifacts),
                seconds(rebuild_seconds),
                seconds(saved_seconds),
                run.size.map_or_else(|| "-".to_owned(), |size| ByteSize(size.bytes).to_string()),
            ]
        })
        .collect();
    let columns = [
        text("begun (UTC)"),
        text("run"),
        number("tests"),
        number("artifacts"),
        number("hit rate"),
        number("build"),
        number("saved"),
        number("cache size"),
    ];
    let table = table("All runs on this page, the latest first", &columns, &rows);
    section("All runs", "The latest first.", &in_numbers(&table))
}
