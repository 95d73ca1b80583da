//! Splits the text of a file into code, comments and docstrings.

use std::ops::Range;

use ruff_python_ast::token::TokenKind;

use crate::parse::tokens;

/// A comment or a docstring.
struct Prose {
    range: Range<usize>,
    is_docstring: bool,
}

/// The text of a file, and its parts.
pub(super) struct Source<'t> {
    text: &'t str,
    /// The comments and docstrings, in their order.
    prose: Vec<Prose>,
    /// The ends of the logical lines.
    line_ends: Vec<usize>,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'t> {
    Code(&'t str),
    Comment(&'t str),
    Docstring(&'t str),
}

impl<'t> Source<'t> {
    /// Splits a text, which need not be Python.
    pub(super) fn of(text: &'t str) -> Self {
        let mut source = Self { text, prose: Vec::new(), line_ends: Vec::new() };
        // A string that is a whole statement is a docstring, also below an assignment.
        let mut statement_begins = true;
        let mut docstring = None;
        for (kind, range) in tokens(text) {
            match kind {
                TokenKind::Comment => source.prose.push(Prose { range, is_docstring: false }),
                TokenKind::String if statement_begins => docstring = Some(range.clone()),
                TokenKind::Newline => {
                    source.line_ends.push(range.start);
                    source.prose.extend(docstring.take().map(|range| Prose { range, is_docstring: true }));
                }
                TokenKind::NonLogicalNewline | TokenKind::Indent | TokenKind::Dedent => {}
                _ => docstring = None,
            }
            statement_begins = match kind {
                TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent => true,
                TokenKind::Comment | TokenKind::NonLogicalNewline => statement_begins,
                _ => false,
            };
        }
        source.prose.sort_by_key(|prose| prose.range.start);
        source
    }

    /// Returns the end of the statement that begins at or before a position, such as that of a `def` line.
    pub(super) fn end_of_statement(&self, position: usize) -> usize {
        let next = self.line_ends.partition_point(|&end| end < position);
        self.line_ends.get(next).copied().unwrap_or(self.text.len())
    }

    /// Returns the parts of a range.
    pub(super) fn parts(&self, range: Range<usize>) -> impl Iterator<Item = Part<'t>> + use<'t> {
        let first = self.prose.partition_point(|prose| prose.range.end <= range.start);
        let mut position = range.start;
        let mut parts = Vec::new();
        for prose in self.prose[first..].iter().take_while(|prose| prose.range.start < range.end) {
            let (start, end) = (prose.range.start.max(position), prose.range.end.min(range.end));
            parts.extend(self.text.get(position..start).map(Part::Code));
            let part = if prose.is_docstring { Part::Docstring } else { Part::Comment };
            parts.extend(self.text.get(start..end).map(part));
            position = end;
        }
        parts.extend(self.text.get(position..range.end).map(Part::Code));
        parts.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<Part<'_>> {
        let is_blank = |part: &Part<'_>| matches!(part, Part::Code(code) if code.trim().is_empty());
        Source::of(text).parts(0..text.len()).filter(|part| !is_blank(part)).collect()
    }

    #[test]
    fn comments_and_docstrings_are_separated() {
        assert_eq!(
            parts("'''Doc.'''\nx = 'no' # why\ndef f():\n    # first\n    \"Doc.\"\n    return '#'\n"),
            [
                Part::Docstring("'''Doc.'''"),
                Part::Code("\nx = 'no' "),
                Part::Comment("# why"),
                Part::Code("\ndef f():\n    "),
                Part::Comment("# first"),
                Part::Docstring("\"Doc.\""),
                Part::Code("\n    return '#'\n"),
            ]
        );
    }

    #[test]
    fn strings_in_expressions_are_code() {
        assert_eq!(parts("'a'.join(b)\n"), [Part::Code("'a'.join(b)\n")]);
    }

    #[test]
    fn any_text_has_parts() {
        for text in ["", "'''", "\0", "x = (\n", "'a' 'b\n", "\u{feff}'a'\n", "    def f(self):\n  x"] {
            let joined = Source::of(text).parts(0..text.len()).map(|part| match part {
                Part::Code(part) | Part::Comment(part) | Part::Docstring(part) => part,
            });
            assert_eq!(joined.collect::<String>(), text);
        }
    }
}
