//! What a command has to show: a table for people, JSON for programs.

use std::io::{IsTerminal, stdout};

use comfy_table::{Cell, CellAlignment, Color, ColumnConstraint, Table, presets};
use serde::Serialize;

use crate::output;

/// One line of a table.
pub(crate) trait Row: Serialize {
    /// The columns' names; those that end in a unit hold numbers.
    const HEADERS: &'static [&'static str];
    /// The column that is left out where all of its cells are empty.
    const OPTIONAL: Option<&'static str> = None;

    fn cells(&self) -> Vec<Cell>;
}

/// Prints them as a table, or as an array of objects.
pub(crate) fn print<R: Row>(rows: &[R], json: bool) {
    if json {
        output::json(rows);
    } else if !rows.is_empty() {
        output::line(table(rows));
    }
}

/// The table, in colours if it is for a terminal.
pub(crate) fn table<R: Row>(rows: &[R]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(R::HEADERS);
    if !in_colours() {
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
fn in_colours() -> bool {
    stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A word that says how things are: green, yellow or red.
pub(crate) fn state(word: &str, is_good: Option<bool>) -> Cell {
    let colour = match is_good {
        Some(true) => Color::Green,
        None => Color::Yellow,
        Some(false) => Color::Red,
    };
    Cell::new(word).fg(colour)
}

/// Seconds, to the millisecond.
pub(crate) fn seconds(seconds: f64) -> Cell {
    Cell::new(format!("{seconds:.3}"))
}

/// A text, or a dash if there is none.
pub(crate) fn text(text: &str) -> Cell {
    Cell::new(if text.is_empty() { "-" } else { text })
}
