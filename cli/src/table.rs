//! The rows of a command, as a table or, on a narrow terminal, as one block for each row.
//!
//! No word is broken: a table that is too wide loses the columns that matter least. Without room for the rest, each row
//! becomes a block with one line for each value.

use std::collections::BTreeMap;
use std::fmt::Write;

use console::{Alignment, Style, measure_text_width, pad_str};

use crate::{output, terminal};

/// The space between two columns.
const GAP: &str = "  ";

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    name: &'static str,
    alignment: Alignment,
    /// The column with the highest rank is dropped first. One of rank 0 is never dropped.
    rank: u8,
    /// The column is a part of the name of its row.
    is_name: bool,
}

impl Column {
    /// A column of texts that together name the row. They are the first columns, and never dropped.
    pub(crate) const fn name(name: &'static str) -> Column {
        Column { name, alignment: Alignment::Left, rank: 0, is_name: true }
    }

    /// A column of texts.
    pub(crate) const fn text(name: &'static str, rank: u8) -> Column {
        Column { name, alignment: Alignment::Left, rank, is_name: false }
    }

    /// A column of numbers.
    pub(crate) const fn number(name: &'static str, rank: u8) -> Column {
        Column { name, alignment: Alignment::Right, rank, is_name: false }
    }
}

/// The colour of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Plain,
    Good,
    Fair,
    Bad,
}

/// A cell. An empty text is shown as a dash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// Creates a cell. Control characters of untrusted text become spaces.
    pub(crate) fn new(text: impl AsRef<str>) -> Cell {
        Cell { text: output::plain(text.as_ref()), tone: Tone::Plain }
    }

    /// Creates a coloured cell.
    pub(crate) fn toned(text: impl AsRef<str>, tone: Tone) -> Cell {
        Cell { tone, ..Cell::new(text) }
    }

    fn shown(&self) -> &str {
        if self.text.is_empty() { "-" } else { &self.text }
    }

    fn width(&self) -> usize {
        measure_text_width(self.shown())
    }

    fn styled(&self, text: &str) -> String {
        let style = Style::new();
        let style = match self.tone {
            Tone::Plain => return text.to_owned(),
            Tone::Good => style.green(),
            Tone::Fair => style.yellow(),
            Tone::Bad => style.red(),
        };
        style.apply_to(text).to_string()
    }
}

/// One row of a table.
pub(crate) trait Row {
    /// The columns, in the order of the cells. A column without any text is not shown.
    const COLUMNS: &'static [Column];

    fn cells(&self) -> Vec<Cell>;
}

/// Prints the rows for the width of the terminal.
pub(crate) fn print<R: Row>(rows: &[R]) {
    if !rows.is_empty() {
        output::line(render(rows, terminal::width()));
    }
}

/// Returns the rows as a text whose lines have at most `width` columns, unless a single word has more.
pub(crate) fn render<R: Row>(rows: &[R], width: usize) -> String {
    let rows: Vec<Vec<Cell>> = rows.iter().map(Row::cells).collect();
    let is_used = |index: &usize| rows.iter().any(|row| row.get(*index).is_some_and(|cell| !cell.text.is_empty()));
    let mut shown: Vec<usize> = (0..R::COLUMNS.len()).filter(is_used).collect();
    let width_of = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index)).map(Cell::width);
        cells.max().unwrap_or_default().max(measure_text_width(R::COLUMNS[index].name))
    };
    let total = |shown: &[usize]| {
        shown.iter().map(|index| width_of(*index)).sum::<usize>() + GAP.len() * shown.len().saturating_sub(1)
    };
    let used = shown.clone();
    while total(&shown) > width {
        let Some(dropped) = shown.iter().copied().max_by_key(|index| R::COLUMNS[*index].rank) else { break };
        if R::COLUMNS[dropped].rank == 0 {
            return blocks(R::COLUMNS, &used, &rows, width);
        }
        shown.retain(|index| *index != dropped);
    }
    let widths: Vec<usize> = shown.iter().map(|index| width_of(*index)).collect();
    let mut lines = Vec::new();
    let header: Vec<Cell> = R::COLUMNS.iter().map(|column| Cell::new(column.name)).collect();
    for row in std::iter::once(&header).chain(&rows) {
        let mut line = String::new();
        for (position, (index, width)) in shown.iter().zip(&widths).enumerate() {
            let gap = if position == 0 { "" } else { GAP };
            let empty = Cell::default();
            let cell = row.get(*index).unwrap_or(&empty);
            let text = pad_str(cell.shown(), *width, R::COLUMNS[*index].alignment, None);
            let _ = write!(line, "{gap}{}", cell.styled(&text));
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// Returns one block for each row: its name, and below it one line for each value.
fn blocks(columns: &[Column], used: &[usize], rows: &[Vec<Cell>], width: usize) -> String {
    let (names, values): (Vec<usize>, Vec<usize>) = used.iter().partition(|index| columns[**index].is_name);
    let name_width = values.iter().map(|index| measure_text_width(columns[*index].name)).max().unwrap_or_default();
    let mut lines = Vec::new();
    for row in rows {
        let is_filled = |cell: &&Cell| !cell.text.is_empty();
        let name: Vec<&str> =
            names.iter().filter_map(|index| row.get(*index)).filter(is_filled).map(|cell| &*cell.text).collect();
        lines.push(output::hanging(&name.join(" "), width));
        let cells = values.iter().filter_map(|index| Some((columns[*index].name, row.get(*index)?)));
        for (name, cell) in cells.filter(|(_, cell)| is_filled(cell)) {
            let name = pad_str(name, name_width, Alignment::Left, None);
            let indent = " ".repeat(GAP.len() + name_width + GAP.len());
            if indent.len() + output::longest_word(&cell.text) <= width {
                let text = output::wrapped(&cell.text, width, &indent);
                lines.push(cell.styled(&format!("{GAP}{name}{}", &text[GAP.len() + name_width..])));
            } else {
                lines.push(format!("{GAP}{}", name.trim_end()));
                lines.push(cell.styled(&output::wrapped(&cell.text, width, GAP)));
            }
        }
    }
    lines.join("\n")
}

/// Returns metrics as `edges=3400 nodes=1200`.
pub(crate) fn metrics(metrics: &BTreeMap<String, f64>) -> String {
    metrics.iter().map(|(name, value)| format!("{name}={}", number(*value))).collect::<Vec<_>>().join(" ")
}

/// Returns a number with three decimals, or none for an integer. A number with many digits has an exponent.
pub(crate) fn number(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-3..1e15).contains(&size) {
        format!("{number:.3e}")
    } else if number.fract() == 0.0 {
        // Not `-0`.
        format!("{:.0}", number + 0.0)
    } else {
        format!("{number:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stored(&'static str, &'static str);

    impl Row for Stored {
        const COLUMNS: &'static [Column] = &[
            Column::name("artifact"),
            Column::text("state", 1),
            Column::number("size", 0),
            Column::text("key", 2),
            Column::text("note", 1),
        ];

        fn cells(&self) -> Vec<Cell> {
            vec![
                Cell::new(self.0),
                Cell::toned("ok", Tone::Good),
                Cell::new("1.5 MiB"),
                Cell::new(self.1),
                Cell::new(""),
            ]
        }
    }

    fn rows() -> [Stored; 2] {
        [Stored("graph", "django:40cfbab0b4f1:5d0c6a1be2f94c77"), Stored("sparse_index", "")]
    }

    fn at(width: usize) -> String {
        console::set_colors_enabled(false);
        render(&rows(), width)
    }

    #[test]
    fn columns_that_matter_least_are_dropped() {
        let wide = "\
artifact      state     size  key
graph         ok     1.5 MiB  django:40cfbab0b4f1:5d0c6a1be2f94c77
sparse_index  ok     1.5 MiB  -";
        assert_eq!(at(80), wide);
        assert_eq!(at(60), "artifact      state     size\ngraph         ok     1.5 MiB\nsparse_index  ok     1.5 MiB");
        assert_eq!(at(22), "artifact         size\ngraph         1.5 MiB\nsparse_index  1.5 MiB");
    }

    #[test]
    fn rows_are_blocks_where_no_table_fits() {
        let narrow = "\
graph
  state  ok
  size   1.5 MiB
  key
  django:40cfbab0b4f1:5d0c6a1be2f94c77
sparse_index
  state  ok
  size   1.5 MiB";
        assert_eq!(at(20), narrow);
    }

    #[test]
    fn no_width_breaks_a_word() {
        for width in 1..100 {
            let text = at(width);
            assert!(text.contains("sparse_index") && text.contains("MiB"), "{width}: {text}");
            let key = "django:40cfbab0b4f1:5d0c6a1be2f94c77";
            assert!(text.contains(key) || !text.contains("django"), "{width}: {text}");
            assert!(width < 38 || text.lines().all(|line| measure_text_width(line) <= width), "{width}: {text}");
        }
    }

    #[test]
    fn cells_stay_on_one_line() {
        let text = render(&[Stored("a\nb\u{1b}[31m", "")], 80);
        assert!(text.contains("a b [31m") && text.lines().count() == 2, "{text:?}");
    }

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1200.0, "1200"),
            (-3.0, "-3"),
            (0.1 + 0.2, "0.3"),
            (2.0 / 3.0, "0.667"),
            (1234.5, "1234.5"),
            (0.9999, "1"),
            (9e14, "900000000000000"),
            (1.5e300, "1.500e300"),
            (5e-324, "4.941e-324"),
        ] {
            assert_eq!(number(value), expected);
        }
        let both = BTreeMap::from([("nodes".to_owned(), 1200.0), ("edges".to_owned(), 0.5)]);
        assert_eq!(metrics(&both), "edges=0.5 nodes=1200");
    }
}
