//! The rows of a command: a table for people, JSON for programs.

use std::io::{IsTerminal, stdout};

use comfy_table::{Cell, CellAlignment, Color, ColumnConstraint, Table, presets};
use serde::Serialize;

use crate::output;

/// One row of a table.
pub(crate) trait Row: Serialize {
    /// The column names. A name that ends in a unit marks a column of numbers.
    const HEADERS: &'static [&'static str];
    /// The column that is hidden if all of its cells are empty.
    const OPTIONAL: Option<&'static str> = None;

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
    if !is_coloured() {
        table.force_no_tty();
    }
    let optional = R::HEADERS.iter().position(|header| Some(*header) == R::OPTIONAL);
    let mut is_optional_used = false;
    for row in rows {
        let cells = row.cells();
        is_optional_used |= optional.is_some_and(|column| !cells[column].content().is_empty());
        table.add_row(cells);
    }
    if let Some(column) = optional.filter(|_| !is_optional_used).and_then(|column| table.column_mut(column)) {
        column.set_constraint(ColumnConstraint::Hidden);
    }
    let is_number = |header: &str| ["bytes", "size", "seconds", "files"].iter().any(|unit| header.ends_with(unit));
    for column in table.column_iter_mut().filter(|column| is_number(R::HEADERS[column.index])) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// <https://no-color.org>
fn is_coloured() -> bool {
    stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
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

/// Returns a text, or a dash if it is empty.
pub(crate) fn text(text: &str) -> Cell {
    Cell::new(if text.is_empty() { "-" } else { text })
}
