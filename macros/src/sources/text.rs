//! Writes tokens as text without comments and white space.

use super::lexer::Token;
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Appends tokens to a text. Two sequences of tokens have one text only if they are equal.
///
/// The name of a macro is next to its `!`, so that a search for `env!` finds the call.
pub(crate) fn write(tokens: &[Token]) -> String {
    let mut text = String::new();
    append(tokens, &mut text);
    text
}

fn append(tokens: &[Token], text: &mut String) {
    let mut before = None;
    for token in tokens {
        append_one(before, token, text);
        if let Token::Group(group) = token {
            append(&group.tokens, text);
            text.push_str(delimiters(group.delimiter).1);
        }
        before = Some(token);
    }
}

/// Appends a token after the one before it. Of a group, appends the opening delimiter alone.
pub(super) fn append_one(before: Option<&Token>, token: &Token, text: &mut String) {
    if before.is_some_and(|before| must_separate(before, token)) {
        text.push(' ');
    }
    match token {
        Token::Word(own) | Token::Literal(own) => text.push_str(own),
        Token::Sign(sign, _) => text.push(*sign),
        Token::Group(group) => text.push_str(delimiters(group.delimiter).0),
    }
}

fn must_separate(before: &Token, token: &Token) -> bool {
    match (before, token) {
        (Token::Group(_), _) | (_, Token::Group(_)) => false,
        (Token::Word(_), Token::Sign(sign, _)) => *sign != '!',
        (Token::Sign(_, spacing), _) => *spacing == Spacing::Alone,
        _ => true,
    }
}

pub(super) fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

/// Returns tokens as text without any white space, to compare types from different sources.
pub(crate) fn compact(tokens: TokenStream) -> String {
    let mut text = String::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group.delimiter());
                text.push_str(open);
                text.push_str(&compact(group.stream()));
                text.push_str(close);
            }
            other => text.push_str(&other.to_string()),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;

    fn text(source: &str) -> String {
        write(&lexer::tokens(source).expect("Rust"))
    }

    #[test]
    fn comments_and_white_space_do_not_count() {
        assert_eq!(text("fn a ( )\n{ 1 // one\n}"), text("fn a() { /* two */ 1 }"));
        assert_ne!(text("fn a() { 1 }"), text("fn a() { 2 }"));
        assert_ne!(text("/// One.\nfn a() {}"), text("/// Two.\nfn a() {}"), "a macro may read the documentation");
    }

    #[test]
    fn different_tokens_have_different_texts() {
        for (one, other) in
            [("a b", "ab"), ("a >> b", "a > > b"), ("\"a b\"", "\"ab\""), ("1 .a", "1. a"), ("'a b", "'ab")]
        {
            assert_ne!(text(one), text(other), "{one}");
        }
    }

    #[test]
    fn names_of_macros_are_next_to_their_calls() {
        let call = "include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/x\"))";
        assert_eq!(text(call), call);
    }

    #[test]
    fn compact_texts_have_no_white_space() {
        assert_eq!(compact("Map < u8, (A , B) >".parse().expect("tokens")), "Map<u8,(A,B)>");
    }
}
