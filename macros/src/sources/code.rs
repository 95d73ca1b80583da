//! Reads code in one pass over its tokens, because a macro without optimisation reads every source of a crate.

use proc_macro2::Delimiter;

use super::lexer::{Group, Token};
use super::scope::Words;
use super::text;

/// The facts about some code.
#[derive(Debug, Default)]
pub(super) struct Code {
    /// The tokens as text.
    pub(super) text: String,
    /// The names that it mentions.
    pub(super) words: Words,
    /// The names of the macros that it defines.
    pub(super) macros: Vec<String>,
    /// A macro in it declares modules whose names are arguments: `mod $name;`.
    pub(super) is_open: bool,
}

impl Code {
    /// Reads tokens, which need not be next to each other.
    pub(super) fn of<'a>(tokens: impl IntoIterator<Item = &'a Token>) -> Self {
        let mut code = Self::default();
        code.add(tokens);
        code
    }

    fn add<'a>(&mut self, tokens: impl IntoIterator<Item = &'a Token>) {
        let (mut earlier, mut before) = (None, None);
        for token in tokens {
            text::append_one(before, token, &mut self.text);
            self.words.add(before, token);
            self.note_macros(earlier, before, token);
            if let Token::Group(group) = token {
                if before.is_some_and(|before| before.is_word("pub")) && is_visibility(group) {
                    // It uses nothing from the module that it names.
                    self.text.push_str(&text::write(&group.tokens));
                } else {
                    self.add(group.tokens.iter());
                }
                self.text.push_str(text::delimiters(group.delimiter).1);
            }
            (earlier, before) = (before, Some(token));
        }
    }

    fn note_macros(&mut self, earlier: Option<&Token>, before: Option<&Token>, token: &Token) {
        match token {
            Token::Sign('$', _) => self.is_open |= before.is_some_and(|before| before.is_word("mod")),
            Token::Word(name) if earlier.is_some_and(|earlier| earlier.is_word("macro_rules")) => {
                self.macros.push(name.clone());
            }
            _ => {}
        }
    }
}

/// Returns `true` for the group of `pub(crate)`, `pub(super)`, `pub(self)` or `pub(in path)`. After the `pub` of a
/// tuple's field, the group may also be a type.
fn is_visibility(group: &Group) -> bool {
    group.delimiter == Delimiter::Parenthesis
        && match &*group.tokens {
            [Token::Word(name)] => ["crate", "super", "self"].contains(&&**name),
            tokens => tokens.first().is_some_and(|first| first.is_word("in")),
        }
}

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;

    #[test]
    fn macros_are_noted_at_any_depth() {
        let tokens = lexer::tokens("fn f() { macro_rules! one { ($x:ident) => { mod $x; } } } macro_rules! two {}");
        let code = Code::of(&tokens.expect("Rust"));
        assert_eq!((code.macros, code.is_open), (vec!["one".to_owned(), "two".to_owned()], true));
        assert!(!Code::of(&lexer::tokens("mod m; macro_rules! m { () => {} }").expect("Rust")).is_open);
    }

    #[test]
    fn visibility_mentions_no_module() {
        let mentions = |source: &str| {
            let words = Code::of(&lexer::tokens(source).expect("Rust")).words;
            ["crate", "super", "a"].map(|name| words.has(name))
        };
        let source = "pub(crate) fn f() {} mod m { pub(super) struct S(pub(in super::a) u8, pub(self) u8); }";
        assert_eq!(mentions(source), [false; 3]);
        assert_eq!(mentions("struct S(pub (crate::a, super::a));"), [true; 3]);
    }

    #[test]
    fn one_pass_writes_the_text_of_the_tokens() {
        let source = "pub(in a::b) fn a ( ) -> [u8; 2] { b!(1 >> 2, 'x', \"y\") } #[z] struct A<'a>;";
        let tokens = lexer::tokens(source).expect("Rust");
        assert_eq!(Code::of(&tokens).text, text::write(&tokens));
    }
}
