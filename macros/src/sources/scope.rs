//! Finds the tests that other code mentions: a test is a function, and other functions may call it.

use super::lexer::Token;
use std::collections::BTreeSet;

/// The names that code mentions.
#[derive(Debug, Default)]
pub(super) struct Words(BTreeSet<String>);

impl Words {
    /// Adds a token after the one before it, if it is a name. A name that a `fn` or a `mod` defines and those of fields
    /// and methods do not count.
    pub(super) fn add(&mut self, before: Option<&Token>, token: &Token) {
        if let Token::Word(name) = token
            && !before.is_some_and(defines)
            && !self.has(plain(name))
        {
            self.0.insert(plain(name).to_owned());
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    pub(super) fn extend(&mut self, other: &Words) {
        let new = other.0.iter().filter(|name| !self.has(name)).cloned().collect::<Vec<_>>();
        self.0.extend(new);
    }
}

/// Returns `true` for the token before a name that mentions no function.
fn defines(before: &Token) -> bool {
    before.is_word("fn") || before.is_word("mod") || before.is_sign('.')
}

/// Returns a name without `r#`.
pub(super) fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::super::code::Code;
    use super::super::lexer;

    #[test]
    fn definitions_fields_and_methods_are_no_mentions() {
        let tokens = lexer::tokens("fn a() { b(c.d(), [e::r#f]); mod g {} }").expect("Rust");
        let words = Code::of(&tokens).words;
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        assert_eq!(names.map(|name| words.has(name)), [false, true, true, false, true, true, false]);
    }
}
