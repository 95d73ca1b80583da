//! The report in Markdown, which CI systems show beside a job.

use std::fmt::Write;

use cached_smoke::tooling::{PastRun, StoredArtifact};

use super::summary::Summary;
use super::text::counted;
use super::traffic::Traffic;
use crate::duration::{duration, nonzero};
use crate::table;

/// Returns a table of artifacts for each run, the latest first.
pub(crate) fn markdown(runs: &[PastRun], stored: &[StoredArtifact]) -> String {
    let mut text = String::new();
    for run in runs.iter().rev() {
        let summary = Summary::new(&run.reports).with_configurations(stored);
        let sums = summary.sums();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "### Smoke cache: {} of {} artifacts hit ({})\n\n\
             {}; {} spent building, {} saved, {} waited.\n",
            sums.hits,
            sums.artifacts,
            sums.hit_rate(),
            counted(sums.tests, "test"),
            duration(sums.rebuild_seconds),
            duration(summary.restored().saved_seconds),
            duration(sums.wait_seconds),
        );
        if let Some(traffic) = Traffic::of(&run.asked) {
            let _ = writeln!(text, "{}\n", cell(&traffic.to_string()));
        }
        text.push_str("| repo | artifact | outcome | build | restore | wait | saved | key | reason |\n");
        text.push_str("| --- | --- | --- | ---: | ---: | ---: | ---: | --- | --- |\n");
        for row in summary.rows() {
            let artifact = match row.configuration.as_str() {
                "" => row.artifact.clone(),
                configuration => format!("{} ({configuration})", row.artifact),
            };
            let waited = if row.is_waited_for() { duration(row.wait_seconds) } else { String::new() };
            let saved = if row.is_hit() { nonzero(row.saved_seconds) } else { String::new() };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                cell(&row.repo),
                cell(&artifact),
                row.outcome,
                cell(&nonzero(row.rebuild_seconds)),
                cell(&nonzero(row.restore_seconds)),
                cell(&waited),
                cell(&saved),
                code(&row.key),
                cell(&row.reason)
            );
        }
        text.push('\n');
        let measured: Vec<_> = summary.rows().iter().filter(|row| !row.metrics.is_empty()).collect();
        for row in &measured {
            let metrics = table::metrics(&row.metrics);
            let _ = writeln!(text, "- {}: {}", cell(&row.subject()), cell(&metrics));
        }
        if !measured.is_empty() {
            text.push('\n');
        }
    }
    text
}

/// Escapes a text: it cannot end its cell, and is not markup.
fn cell(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            character if character.is_control() => escaped.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => escaped.extend(['\\', character]),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            character => escaped.push(character),
        }
    }
    if escaped.is_empty() { "-".to_owned() } else { escaped }
}

fn code(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { format!("`{}`", text.replace(['`', '|', '\n'], " ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_inside_its_cell() {
        assert_eq!(cell("a|b\nc\u{1b} <script> `x`"), "a\\|b c  &lt;script&gt; \\`x\\`");
        assert_eq!(cell(""), "-");
        assert_eq!(code("a`b|c"), "`a b c`");
    }
}
