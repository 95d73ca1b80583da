//! Tables. On a phone each row becomes a card, in which every value has the name of its column beside it.

use maud::{Markup, html};

/// A column: its name, its class (`text`, `number`, `code` or `state`), and the text of its cells.
pub(super) type Column<T> = (&'static str, &'static str, fn(&T) -> String);

/// Returns a table of plain texts. The roles keep it a table for screen readers where rows are shown as cards.
pub(super) fn table<'a, T: 'a>(caption: &str, rows: impl Iterator<Item = &'a T>, columns: &[Column<T>]) -> Markup {
    html! {
        table role="table" {
            caption { (caption) }
            thead role="rowgroup" {
                tr role="row" {
                    @for (name, class, _) in columns {
                        th role="columnheader" scope="col" class=(class) { (name) }
                    }
                }
            }
            tbody role="rowgroup" {
                @for row in rows {
                    "\n"
                    tr role="row" {
                        @for (name, class, text) in columns {
                            @let text = Some(text(row)).filter(|text| !text.is_empty()).unwrap_or_else(|| "-".to_owned());
                            td role="cell" class=(class) data-column=(name) {
                                @match *class {
                                    "code" => code { (text) },
                                    "state" => span class=(text) { (text) },
                                    _ => (text),
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
        let columns: [Column<&str>; 2] =
            [("name", "text", |name| (*name).to_owned()), ("time", "number", |_| String::new())];
        let table = table("all <of> it", ["<b>"].iter(), &columns).into_string();
        assert!(table.contains("<caption>all &lt;of&gt; it</caption>"), "{table}");
        assert!(table.contains("data-column=\"name\">&lt;b&gt;</td>"), "{table}");
        assert!(table.contains("class=\"number\" data-column=\"time\">-</td>"), "{table}");
    }
}
