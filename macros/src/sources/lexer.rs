//! Splits the text of a source into tokens.
//!
//! The lexer of `proc-macro2` does the work even in the compiler's process. The compiler's own lexer reports each
//! malformed source as an error, although the compiler may never read it, and keeps a copy of each text.
//!
//! The tokens are converted to a type of this module once. A group of `proc-macro2` copies all its tokens whenever they
//! are listed, and an unoptimised macro would spend most of its time on these copies.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree, fallback};

/// A token of a source.
#[derive(Debug)]
pub(crate) enum Token {
    /// A name or a keyword.
    Word(String),
    /// A literal, as it is written.
    Literal(String),
    Sign(char, Spacing),
    Group(Group),
}

/// Tokens between two delimiters.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) delimiter: Delimiter,
    pub(crate) tokens: Vec<Token>,
}

impl Token {
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Token::Word(own) if own == word)
    }

    pub(super) fn is_sign(&self, character: char) -> bool {
        matches!(self, Token::Sign(own, _) if *own == character)
    }

    /// Returns the group, if it is one with these delimiters.
    pub(super) fn group(&self, delimiter: Delimiter) -> Option<&Group> {
        match self {
            Token::Group(group) if group.delimiter == delimiter => Some(group),
            _ => None,
        }
    }
}

impl From<TokenTree> for Token {
    fn from(tree: TokenTree) -> Token {
        match tree {
            TokenTree::Ident(word) => Token::Word(word.to_string()),
            TokenTree::Literal(literal) => Token::Literal(literal.to_string()),
            TokenTree::Punct(punct) => Token::Sign(punct.as_char(), punct.spacing()),
            TokenTree::Group(group) => {
                let (delimiter, stream) = (group.delimiter(), group.stream());
                // As the only owner, the stream gives its tokens away and copies none.
                drop(group);
                Token::Group(Group { delimiter, tokens: converted(stream) })
            }
        }
    }
}

fn converted(stream: TokenStream) -> Vec<Token> {
    stream.into_iter().map(Token::from).collect()
}

/// Calls a function that reads sources. All tokens of `proc-macro2` in it come from its own lexer.
pub(super) fn without_compiler<T>(work: impl FnOnce() -> T) -> T {
    struct Forced;
    impl Drop for Forced {
        fn drop(&mut self) {
            fallback::unforce();
        }
    }
    fallback::force();
    let _forced = Forced;
    work()
}

/// Returns the tokens of a source, or `None` if it is not Rust. For [`without_compiler`].
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    text.parse::<TokenStream>().ok().map(converted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_sources_have_no_tokens() {
        assert_eq!(tokens("fn a() { /* b */ }").expect("Rust").len(), 4);
        assert!(tokens("fn a( {").is_none());
        assert!(tokens("\"open").is_none());
    }
}
