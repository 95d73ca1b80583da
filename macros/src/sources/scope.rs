//! Finds the tests that other code mentions: a test is a function, and other functions may call it.

use super::items::is_punct;
use proc_macro2::TokenTree;
use std::collections::BTreeSet;

/// The names that code mentions.
#[derive(Debug, Default)]
pub(super) struct Words(BTreeSet<String>);

impl Words {
    /// Adds the names in tokens, except those that a `fn` or a `mod` defines and those of fields and methods.
    pub(super) fn add(&mut self, tokens: &[TokenTree]) {
        let mut before: Option<&TokenTree> = None;
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.add(&group.stream().into_iter().collect::<Vec<_>>()),
                TokenTree::Ident(name) if !before.is_some_and(defines) => {
                    self.0.insert(plain(&name.to_string()).to_owned());
                }
                _ => {}
            }
            before = Some(token);
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    pub(super) fn extend(&mut self, other: &Words) {
        self.0.extend(other.0.iter().cloned());
    }
}

/// Returns `true` for the token before a name that mentions no function.
fn defines(before: &TokenTree) -> bool {
    match before {
        TokenTree::Ident(word) => word == "fn" || word == "mod",
        token => is_punct(token, '.'),
    }
}

/// Returns a name without `r#`.
pub(super) fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;

    #[test]
    fn definitions_fields_and_methods_are_no_mentions() {
        let mut words = Words::default();
        words.add(&lexer::tokens("fn a() { b(c.d(), [e::r#f]); mod g {} }").expect("Rust"));
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        assert_eq!(names.map(|name| words.has(name)), [false, true, true, false, true, true, false]);
    }
}
