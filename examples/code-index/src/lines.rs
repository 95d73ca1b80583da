//! The lines of a text.

use ruff_text_size::TextSize;

/// The byte offsets of the lines of a text.
pub(crate) struct Lines {
    starts: Vec<usize>,
    /// The end of the last line, before its line end if it has one.
    last_end: usize,
    /// The end of the text.
    end: usize,
}

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.bytes().zip(1..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next));
        // A line end at the end of the text does not start a line. An empty text is one empty line.
        if starts.len() > 1 && starts.last() == Some(&text.len()) {
            starts.pop();
        }
        Self { starts, last_end: text.strip_suffix('\n').unwrap_or(text).len(), end: text.len() }
    }

    pub(crate) fn count(&self) -> u32 {
        number(self.starts.len())
    }

    pub(crate) fn end(&self) -> u32 {
        number(self.end)
    }

    /// Returns the line of a byte, counted from 1.
    pub(crate) fn line(&self, byte: TextSize) -> u32 {
        number(self.starts.partition_point(|&start| start <= byte.to_usize()))
    }

    /// Returns the byte range of some lines, without the line end of the last one.
    pub(crate) fn bytes(&self, first: u32, last: u32) -> (u32, u32) {
        let start = self.starts.get(first as usize - 1).copied().unwrap_or(self.end);
        let end = self.starts.get(last as usize).map_or(self.last_end, |next| next - 1);
        (number(start), number(end.max(start)))
    }
}

/// Converts a byte offset or a line number. Those above 4 GiB, which a large `max_file_bytes` allows, give empty
/// snippets.
fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(text: &str, first: u32, last: u32) -> &str {
        let (start, end) = Lines::of(text).bytes(first, last);
        &text[start as usize..end as usize]
    }

    #[test]
    fn ranges_have_whole_lines_without_the_last_line_end() {
        let text = "one\ntwo\nthree\n";
        assert_eq!(Lines::of(text).count(), 3);
        assert_eq!(slice(text, 1, 1), "one");
        assert_eq!(slice(text, 2, 3), "two\nthree");
        assert_eq!(slice("one\ntwo", 2, 2), "two");
    }

    #[test]
    fn an_empty_text_is_one_empty_line() {
        assert_eq!(Lines::of("").count(), 1);
        assert_eq!(slice("", 1, 1), "");
    }

    #[test]
    fn lines_beyond_the_text_are_empty() {
        assert_eq!(slice("one", 5, 9), "");
        assert_eq!(slice("one\n", 5, 9), "");
    }
}
