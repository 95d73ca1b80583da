//! Tables. On a phone each row becomes a card, in which every value has the name of its column beside it.

use maud::{Markup, html};

/// A column.
pub(super) struct Column {
    name: &'static str,
    class: &'static str,
}

pub(super) const fn text(name: &'static str) -> Column {
    Column { name, class: "text" }
}

pub(super) const fn number(name: &'static str) -> Column {
    Column { name, class: "number" }
}

pub(super) const fn code(name: &'static str) -> Column {
    Column { name, class: "code" }
}

/// Returns a column of outcomes.
pub(super) const fn state(name: &'static str) -> Column {
    Column { name, class: "state" }
}

/// Returns a table of plain texts. The roles keep it a table for screen readers where rows are shown as cards.
pub(super) fn table(caption: &str, columns: &[Column], rows: &[Vec<String>]) -> Markup {
    html! {
        table role="table" {
            caption { (caption) }
            thead role="rowgroup" {
                tr role="row" {
                    @for Column { name, class } in columns {
                        th role="columnheader" scope="col" class=(class) { (name) }
                    }
                }
            }
            tbody role="rowgroup" {
                @for row in rows {
                    "\n"
                    tr role="row" {
                        @for (Column { name, class }, value) in columns.iter().zip(row) {
                            @let value = if value.is_empty() { "-" } else { value };
                            td role="cell" class=(class) data-column=(name) {
                                @match *class {
                                    "code" => code { (value) },
                                    "state" => span class=(value) { (value) },
                                    _ => (value),
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_column_beside_it_and_stays_text() {
        let rows = [vec!["<b>".to_owned(), String::new()]];
        let table = table("all <of> it", &[text("name"), number("time")], &rows).into_string();
        assert!(table.contains("<caption>all &lt;of&gt; it</caption>"), "{table}");
        assert!(table.contains("data-column=\"name\">&lt;b&gt;</td>"), "{table}");
        assert!(table.contains("class=\"number\" data-column=\"time\">-</td>"), "{table}");
    }
}
