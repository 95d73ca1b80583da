//! The report in Markdown, which CI systems show beside a job.

use std::fmt::Write;

use cached_smoke::tooling::PastRun;

use super::summary::Summary;
use super::traffic::Traffic;
use crate::table;

/// Returns a table of artifacts for each run, the latest first.
pub(crate) fn markdown(runs: &[PastRun]) -> String {
    let mut text = String::new();
    for run in runs.iter().rev() {
        let summary = Summary::new(&run.reports);
        let sums = summary.sums();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "### Smoke cache: {} of {} artifacts hit ({})\n\n\
             {} tests; {:.1} s spent building, {:.1} s saved, {:.1} s waited.\n",
            sums.hits,
            sums.artifacts,
            sums.hit_rate(),
            sums.tests,
            sums.rebuild_seconds,
            sums.saved_seconds,
            sums.wait_seconds,
        );
        if let Some(traffic) = Traffic::of(&run.asked) {
            let _ = writeln!(text, "{}\n", cell(&traffic.to_string()));
        }
        text.push_str("| repo | artifact | outcome | build s | restore s | wait s | saved s | key | reason |\n");
        text.push_str("| --- | --- | --- | ---: | ---: | ---: | ---: | --- | --- |\n");
        for row in summary.rows() {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {:.3} | {:.3} | {:.3} | {:.3} | {} | {} |",
                cell(&row.repo),
                cell(&row.artifact),
                row.outcome,
                row.rebuild_seconds,
                row.restore_seconds,
                row.wait_seconds,
                row.saved_seconds,
                code(&row.key),
                cell(&row.reason)
            );
        }
        text.push('\n');
        let measured: Vec<_> = summary.rows().iter().filter(|row| !row.metrics.is_empty()).collect();
        for row in &measured {
            let metrics = table::metrics(&row.metrics);
            let _ = writeln!(text, "- {} {}: {}", cell(&row.repo), cell(&row.artifact), cell(&metrics));
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
