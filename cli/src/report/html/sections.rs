//! The sections without a chart, and what all sections share.

use cached_smoke::tooling::units::Size;
use maud::{Markup, html};

use super::bars::stripe;
use super::figures::{Figures, Run};
use super::misses::Misses;
use super::number::{float, moment, seconds};
use super::table::{Column, table};
use crate::duration::{duration, nonzero};
use crate::report::{Row, counted};

/// The maximum number of details of one reason.
const MAX_DETAILS: usize = 5;
/// The maximum length of a message. A longer one, such as the output of a compiler, does not belong here.
const MAX_CHARACTERS: usize = 240;

pub(super) fn section(heading: &str, lead: &str, body: &Markup) -> Markup {
    html! {
        section {
            h2 { (heading) }
            p.lead { (lead) }
            (body)
        }
    }
}

/// Returns a text in place of a chart or table.
pub(super) fn empty(text: &str) -> Markup {
    html! { p.empty { (text) } }
}

/// Returns the numbers of a chart, closed until a reader opens them.
pub(super) fn in_numbers(table: &Markup) -> Markup {
    html! { details { summary { "In numbers" } (table) } }
}

/// Returns the four most important numbers.
pub(super) fn overview(figures: &Figures) -> Markup {
    let Some(latest) = figures.runs.last() else { return empty("No run was selected.") };
    // A run that was aborted may have used no artifact.
    let used = figures.runs.iter().rev().find(|run| run.summary.sums().artifacts > 0).unwrap_or(latest);
    let name = if std::ptr::eq(used, latest) { "Hit rate, latest run" } else { "Hit rate, latest run with artifacts" };
    let sums = used.summary.sums();
    let all_runs = format!("in {}", counted(figures.runs.len(), "run"));
    let hits = format!("{} of {}; {}", sums.hits, counted(sums.artifacts, "artifact"), counted(sums.tests, "test"));
    let size = figures.runs.iter().rev().find_map(|run| run.size);
    let count = size.map_or_else(|| "not recorded".to_owned(), |size| counted(size.artifacts, "artifact"));
    let tiles = [
        (name, sums.hit_rate(), hits),
        ("Saved", duration(figures.sum(|summary| summary.restored().saved_seconds)), all_runs.clone()),
        ("Spent building", duration(figures.sum(|summary| summary.sums().rebuild_seconds)), all_runs),
        ("In the cache", size.map_or_else(|| "-".to_owned(), |size| Size(size.bytes).to_string()), count),
    ];
    html! {
        dl.tiles {
            @for (name, value, note) in tiles {
                div { dt { (name) } dd { (value) small { (note) } } }
            }
        }
    }
}

pub(super) fn misses(misses: &[Misses]) -> Markup {
    let heading = "Misses, by reason";
    let lead = "An artifact counts once in a run.";
    let Some(max) = misses.first().map(|misses| misses.count) else {
        return section(heading, lead, &empty("No misses."));
    };
    let count: usize = misses.iter().map(|misses| misses.count).sum();
    let total = if count == 1 { "1 miss".to_owned() } else { format!("{count} misses") };
    let list = html! {
        ol.reasons {
            @for Misses { reason, count, details } in misses {
                @let reason = cut(reason);
                li {
                    p { strong { (reason) } " " b { (count) } }
                    div.bar { (stripe("build", float(*count as u64) / float(max as u64), &reason)) }
                    ul {
                        @for (detail, count) in details.iter().take(MAX_DETAILS) {
                            li { (cut(detail)) @if *count > 1 { " " b { "× " (count) } } }
                        }
                        @if details.len() > MAX_DETAILS { li { "and " (details.len() - MAX_DETAILS) " more" } }
                    }
                }
            }
        }
    };
    section(heading, &format!("{total} in total. {lead}"), &list)
}

pub(super) fn latest(runs: &[Run]) -> Markup {
    let Some(run) = runs.last() else { return html! {} };
    let heading = "Latest run";
    let lead = format!("{}, {} (UTC). Restore and wait: the slowest test of each.", run.id, moment(run.begun));
    if run.summary.rows().is_empty() {
        return section(heading, &lead, &empty("Its tests used no artifact."));
    }
    let mut columns: Vec<Column<Row>> = vec![
        ("repo", "text", |row| row.repo.clone()),
        ("artifact", "text", |row| row.artifact.clone()),
        ("outcome", "state", |row| row.outcome.to_string()),
        ("build", "number", |row| nonzero(row.rebuild_seconds)),
        ("restore", "number", |row| nonzero(row.restore_seconds)),
        ("wait", "number", |row| if row.is_waited_for() { duration(row.wait_seconds) } else { String::new() }),
        ("saved", "number", |row| if row.is_hit() { nonzero(row.saved_seconds) } else { String::new() }),
        ("key", "code", |row| row.key.clone()),
        ("reason", "text", |row| cut(&row.reason)),
    ];
    if run.summary.rows().iter().any(|row| !row.configuration.is_empty()) {
        columns.insert(2, ("configuration", "text", |row| row.configuration.clone()));
    }
    let body = html! {
        @if let Some(traffic) = &run.traffic { p { (cut(&capitalized(&traffic.to_string()))) } }
        (table("The artifacts of the latest run", run.summary.rows().iter(), &columns))
    };
    section(heading, &lead, &body)
}

pub(super) fn all(runs: &[Run]) -> Markup {
    if runs.is_empty() {
        return html! {};
    }
    let columns: [Column<Run>; 8] = [
        ("begun (UTC)", "text", |run| moment(run.begun)),
        ("run", "text", |run| run.id.clone()),
        ("tests", "number", |run| run.summary.sums().tests.to_string()),
        ("artifacts", "number", |run| run.summary.sums().artifacts.to_string()),
        ("hit rate", "number", |run| run.summary.sums().hit_rate()),
        ("build", "number", |run| seconds(run.summary.sums().rebuild_seconds)),
        ("saved", "number", |run| seconds(run.summary.sums().saved_seconds)),
        ("cache size", "number", |run| run.size.map_or_else(String::new, |size| Size(size.bytes).to_string())),
    ];
    let table = table("All runs on this page, the latest first", runs.iter().rev(), &columns);
    section("All runs", "The latest first.", &in_numbers(&table))
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}

fn cut(text: &str) -> String {
    if text.chars().count() <= MAX_CHARACTERS {
        return text.to_owned();
    }
    text.chars().take(MAX_CHARACTERS).chain(['…']).collect()
}
