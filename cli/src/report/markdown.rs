//! The report in Markdown, as CI systems show it beside a job.

use std::fmt::Write;

use cached_smoke::tooling::PastRun;

use super::rate;
use crate::remote::Traffic;
use crate::summary::Summary;

/// A table of artifacts for each run, the latest first.
pub(super) fn of(runs: &[PastRun]) -> String {
    let mut text = String::new();
    for run in runs.iter().rev() {
        let summary = Summary::new(&run.reports);
        let sums = summary.sums();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "### Smoke cache: {} of {} artifacts were there ({})\n\n{} tests; {:.1} s spent building, {:.1} s saved, {:.1} s waited.\n",
            sums.hits,
            sums.artifacts,
            rate(sums.hits, sums.artifacts),
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
    }
    text
}

/// Text that cannot end its cell, or be taken for markup.
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
    fn no_text_leaves_its_cell() {
        assert_eq!(cell("a|b\nc\u{1b} <script> `x`"), "a\\|b c  &lt;script&gt; \\`x\\`");
        assert_eq!(cell(""), "-");
        assert_eq!(code("a`b|c"), "`a b c`");
    }
}
