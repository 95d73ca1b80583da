//! Text that stays text, whatever is in it.

use std::fmt::{self, Display, Write};

/// A text for the page. Names, keys and reasons come from tests and their errors: none of them becomes markup, neither
/// between tags nor in an attribute's quotes.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(character)?,
                // Not allowed in a page; colours of a terminal, for one.
                character if character.is_control() => f.write_char('\u{fffd}')?,
                character => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        let text = "<script>alert('a')</script> & \"b\" \u{1b}[1m\0";
        let escaped = Escaped(text).to_string();
        assert_eq!(escaped, "&lt;script&gt;alert(&#39;a&#39;)&lt;/script&gt; &amp; &quot;b&quot; \u{fffd}[1m\u{fffd}");
        assert_eq!(Escaped("größe → 東京").to_string(), "größe → 東京");
    }
}
