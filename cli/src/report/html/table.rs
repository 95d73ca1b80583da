//! Tables. On a phone each line becomes a card, in which every value has its column's name beside it.

use std::fmt::Write;

use super::escaped::Escaped;

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

/// A word that says how things are.
pub(super) const fn state(name: &'static str) -> Column {
    Column { name, class: "state" }
}

/// The rows hold plain text. The roles are for readers that would no longer see a table where it is shown as cards.
pub(super) fn table(caption: &str, columns: &[Column], rows: &[Vec<String>]) -> String {
    let mut table = format!(
        "<table role=\"table\"><caption>{}</caption><thead role=\"rowgroup\"><tr role=\"row\">",
        Escaped(caption)
    );
    // Writing to a string does not fail.
    for Column { name, class } in columns {
        let _ = write!(table, "<th role=\"columnheader\" scope=\"col\" class=\"{class}\">{}</th>", Escaped(name));
    }
    table.push_str("</tr></thead><tbody role=\"rowgroup\">\n");
    for row in rows {
        table.push_str("<tr role=\"row\">");
        for (Column { name, class }, value) in columns.iter().zip(row) {
            let _ = write!(table, "<td role=\"cell\" class=\"{class}\" data-column=\"{}\">", Escaped(name));
            let value = Escaped(if value.is_empty() { "-" } else { value });
            let _ = match *class {
                "code" => write!(table, "<code>{value}</code>"),
                "state" => write!(table, "<span class=\"{value}\">{value}</span>"),
                _ => write!(table, "{value}"),
            };
            table.push_str("</td>");
        }
        table.push_str("</tr>\n");
    }
    table + "</tbody></table>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_column_beside_it_and_stays_text() {
        let table = table("all <of> it", &[text("name"), number("time")], &[vec!["<b>".to_owned(), String::new()]]);
        assert!(table.contains("<caption>all &lt;of&gt; it</caption>"), "{table}");
        assert!(table.contains("data-column=\"name\">&lt;b&gt;</td>"), "{table}");
        assert!(table.contains("class=\"number\" data-column=\"time\">-</td>"), "{table}");
    }
}
