//! Standard output. Its reader may close it early, as in `cargo smoke-cache list | head`.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};

pub(crate) use cached_smoke::tooling::plain;
use console::measure_text_width;
use textwrap::{Options, WordSplitter, WrapAlgorithm};

use crate::{options, terminal};

/// The indent of the continuation of a line.
const INDENT: &str = "    ";
/// A space at which no line ends.
const NO_BREAK: &str = "\u{a0}";

/// Writes a line to standard output. A closed pipe changes neither the command's work nor its exit status.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(stdout().lock(), "{text}");
}

/// Writes an error to standard error.
pub(crate) fn error(text: impl Display) {
    let (start, end) = if options::is_stderr_coloured() { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
    let _ = writeln!(stderr(), "{start}error{end}: {text}");
}

/// Writes a line about the progress to standard error, unless `--quiet` is given.
pub(crate) fn progress(text: impl Display) {
    if !options::get().is_quiet() {
        let _ = writeln!(stderr(), "{text}");
    }
}

/// Replaces control characters of untrusted text, except for line ends.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// Writes a sentence to standard output, on as many lines as the terminal needs.
pub(crate) fn sentence(text: impl Display) {
    line(hanging(&text.to_string(), terminal::width()));
}

/// Breaks a text at spaces, so that its lines have at most `width` columns, and indents all lines but the first.
pub(crate) fn hanging(text: &str, width: usize) -> String {
    fill(text, Options::new(width).subsequent_indent(INDENT))
}

/// Breaks a text at spaces, so that its lines have at most `width` columns, and indents them. Words stay whole.
pub(crate) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    fill(text, Options::new(width).initial_indent(indent).subsequent_indent(indent))
}

/// Breaks a text as [`hanging`] does, with `start` before its first line, and aligns the other lines with it. Code in
/// backticks stays on one line, so that it can be pasted.
pub(crate) fn aligned(start: &str, text: &str, width: usize) -> String {
    let indent = " ".repeat(measure_text_width(start));
    let parts = text.split('`').enumerate();
    let whole = parts.map(|(number, part)| if number % 2 == 1 { part.replace(' ', NO_BREAK) } else { part.to_owned() });
    let text = whole.collect::<Vec<_>>().join("`");
    fill(&text, Options::new(width).initial_indent(start).subsequent_indent(&indent)).replace(NO_BREAK, " ")
}

fn fill(text: &str, options: Options<'_>) -> String {
    let options = options.break_words(false).word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options.wrap_algorithm(WrapAlgorithm::FirstFit))
}

/// Returns the width of the longest word.
pub(crate) fn longest_word(text: &str) -> usize {
    text.split_whitespace().map(measure_text_width).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_only() {
        let text = "graph of django: code changed: file examples/code-index/src/graph/adjacency.rs changed";
        assert_eq!(
            hanging(text, 40),
            "graph of django: code changed: file\n    examples/code-index/src/graph/adjacency.rs\n    changed"
        );
        assert_eq!(wrapped("a b c", 3, ""), "a b\nc");
        assert_eq!(aligned("ok  ", "run `git add .` now", 12), "ok  run\n    `git add .`\n    now");
        assert_eq!((longest_word("a bcd e"), longest_word("")), (3, 0));
    }
}
