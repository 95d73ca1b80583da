//! The rows of a command: a table for people, JSON for programs.

use std::collections::BTreeMap;

use comfy_table::{Cell, CellAlignment, Color, ColumnConstraint, Table, presets};
use serde::Serialize;

use crate::{options, output};

/// One row of a table.
pub(crate) trait Row: Serialize {
    /// The column names. A name that ends in a unit marks a column of numbers.
    const HEADERS: &'static [&'static str];
    /// The columns that are hidden if all of their cells are empty.
    const OPTIONAL: &'static [&'static str] = &[];

    fn cells(&self) -> Vec<Cell>;
}

/// Prints the rows as a table, or as a JSON array.
pub(crate) fn print<R: Row>(rows: &[R], json: bool) {
    if json {
        output::json(rows);
    } else if !rows.is_empty() {
        output::line(table(rows));
    }
}

/// Builds the table, with colours if standard output is a terminal.
pub(crate) fn table<R: Row>(rows: &[R]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(R::HEADERS);
    if options::is_stdout_coloured() {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let mut is_used = vec![false; R::HEADERS.len()];
    for row in rows {
        let cells = row.cells();
        for (is_used, cell) in is_used.iter_mut().zip(&cells) {
            *is_used |= !cell.content().is_empty();
        }
        table.add_row(cells);
    }
    for column in table.column_iter_mut() {
        if R::OPTIONAL.contains(&R::HEADERS[column.index]) && !is_used[column.index] {
            column.set_constraint(ColumnConstraint::Hidden);
        }
    }
    let is_number = |header: &str| ["bytes", "size", "seconds", "files"].iter().any(|unit| header.ends_with(unit));
    for column in table.column_iter_mut().filter(|column| is_number(R::HEADERS[column.index])) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Returns a coloured state: green, yellow (`None`) or red.
pub(crate) fn state(word: &str, is_good: Option<bool>) -> Cell {
    let colour = match is_good {
        Some(true) => Color::Green,
        None => Color::Yellow,
        Some(false) => Color::Red,
    };
    Cell::new(word).fg(colour)
}

/// Returns seconds, to the millisecond.
pub(crate) fn seconds(seconds: f64) -> Cell {
    Cell::new(format!("{seconds:.3}"))
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

/// Returns a text, or a dash if it is empty.
pub(crate) fn text(text: &str) -> Cell {
    Cell::new(if text.is_empty() { "-" } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

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
