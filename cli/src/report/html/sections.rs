//! The parts of the page, one below the other.

mod charts;
mod tables;

use std::fmt::Write;

use bytesize::ByteSize;

use super::escaped::Escaped;
use super::figures::Figures;
use super::misses::Misses;
use super::number::{counted, duration, float};
use crate::report::rate;
use crate::summary::Sums;

pub(super) use charts::{cache_size, hit_rate, repositories, times};
pub(super) use tables::{all, latest};

/// More details of one reason say no more.
const MOST_DETAILS: usize = 5;
/// A longer one, such as the output of a compiler, is for another place.
const MOST_CHARACTERS: usize = 240;

fn section(heading: &str, lead: &str, body: &str) -> String {
    format!("<section><h2>{}</h2><p class=\"lead\">{}</p>\n{body}</section>\n", Escaped(heading), Escaped(lead))
}

/// What is said where there is nothing to draw.
fn empty(text: &str) -> String {
    format!("<p class=\"empty\">{}</p>", Escaped(text))
}

/// What a picture shows, for who cannot see it, or wants to know exactly.
fn in_numbers(table: &str) -> String {
    format!("<details><summary>In numbers</summary>{table}</details>")
}

/// The four numbers that most people want.
pub(super) fn overview(figures: &Figures) -> String {
    let Some(latest) = figures.runs.last() else { return empty("No run was chosen.") };
    let Sums { hits, artifacts, tests, .. } = latest.summary.sums();
    let together = format!("in {}", counted(figures.runs.len(), "run"));
    let there = format!("{hits} of {} there; {}", counted(artifacts, "artifact"), counted(tests, "test"));
    let size = figures.runs.iter().rev().find_map(|run| run.size);
    let of_size = size.map_or_else(|| "no run noted it".to_owned(), |size| counted(size.artifacts, "artifact"));
    let tiles = [
        ("Hit rate, latest run", rate(hits, artifacts), there),
        ("Saved", duration(figures.sum(|sums| sums.saved_seconds)), together.clone()),
        ("Spent building", duration(figures.sum(|sums| sums.rebuild_seconds)), together),
        ("In the cache", size.map_or_else(|| "-".to_owned(), |size| ByteSize(size.bytes).to_string()), of_size),
    ];
    let tiles = tiles.iter().fold(String::new(), |mut text, (name, value, note)| {
        let (name, value, note) = (Escaped(name), Escaped(value), Escaped(note));
        let _ = write!(text, "<div><dt>{name}</dt><dd>{value}<small>{note}</small></dd></div>");
        text
    });
    format!("<dl class=\"tiles\">{tiles}</dl>\n")
}

pub(super) fn misses(misses: &[Misses]) -> String {
    let heading = "Why artifacts were not there";
    let count: usize = misses.iter().map(|misses| misses.count).sum();
    let lead = "An artifact counts once in a run.";
    let Some(most) = misses.first().map(|misses| misses.count) else {
        return section(heading, lead, &empty("There was no miss."));
    };
    let mut items = String::new();
    for Misses { reason, count, details } in misses {
        let width = 100.0 * float(*count as u64) / float(most as u64);
        let reason = cut(reason);
        let reason = Escaped(&reason);
        // Writing to a string does not fail.
        let _ = write!(
            items,
            "<li><p><strong>{reason}</strong> <b>{count}</b></p>\
             <svg class=\"bar\" role=\"img\" width=\"100%\" height=\"6\"><title>{reason}: {count}</title>\
             <rect class=\"build\" width=\"{width:.2}%\" height=\"6\" rx=\"2\"/></svg><ul>"
        );
        for (detail, count) in details.iter().take(MOST_DETAILS) {
            let times = if *count > 1 { format!(" <b>× {count}</b>") } else { String::new() };
            let _ = write!(items, "<li>{}{times}</li>", Escaped(&cut(detail)));
        }
        if let Some(more) = details.len().checked_sub(MOST_DETAILS).filter(|more| *more > 0) {
            let _ = write!(items, "<li>and {more} more</li>");
        }
        items.push_str("</ul></li>\n");
    }
    let lead = format!("{} in all. {lead}", if count == 1 { "1 miss".to_owned() } else { format!("{count} misses") });
    section(heading, &lead, &format!("<ol class=\"reasons\">{items}</ol>"))
}

fn cut(text: &str) -> String {
    if text.chars().count() <= MOST_CHARACTERS {
        return text.to_owned();
    }
    text.chars().take(MOST_CHARACTERS).chain(['…']).collect()
}
