//! Finds functions, modules and calls of macros in a list of items, without a full parser: a source may contain any
//! tokens in its macros, and its syntax may be newer than any parser.

use super::lexer::{Group, Token};
use proc_macro2::Delimiter;

/// An item, or a token of one that has no kind here.
pub(crate) struct Item<'a> {
    /// All tokens, attributes included.
    pub(crate) tokens: &'a [Token],
    /// The brackets of the attributes.
    pub(crate) attributes: Vec<&'a Group>,
    pub(crate) kind: Kind<'a>,
}

pub(crate) enum Kind<'a> {
    Function(Function<'a>),
    /// `mod name { … }`
    Module {
        name: &'a str,
        content: &'a Group,
    },
    /// `name! { … }`
    Call {
        name: &'a str,
        content: &'a Group,
    },
    Other,
}

pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    /// The signature, without attributes.
    pub(crate) signature: &'a [Token],
}

/// Splits a list of items.
pub(crate) fn split(tokens: &[Token]) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    let mut start = 0;
    while start < tokens.len() {
        let (attributes, head) = attributes(tokens, start);
        let (kind, end) = kind(tokens, head);
        let end = end.min(tokens.len());
        items.push(Item { tokens: &tokens[start..end], attributes, kind });
        start = end;
    }
    items
}

/// Returns the outer attributes at `start`, and the place after them.
fn attributes(tokens: &[Token], mut start: usize) -> (Vec<&Group>, usize) {
    let mut attributes = Vec::new();
    while let (Some(hash), Some(bracket)) = (tokens.get(start), tokens.get(start + 1))
        && hash.is_sign('#')
        && let Some(group) = bracket.group(Delimiter::Bracket)
    {
        attributes.push(group);
        start += 2;
    }
    (attributes, start)
}

/// Returns the kind of the item whose attributes end at `head`, and the place after the item.
fn kind(tokens: &[Token], head: usize) -> (Kind<'_>, usize) {
    let at = after_qualifiers(tokens, head);
    let Some(Token::Word(word)) = tokens.get(at) else { return (Kind::Other, at + 1) };
    match (tokens.get(at + 1), tokens.get(at + 2)) {
        (Some(Token::Word(name)), _) if word == "fn" => {
            let is_end = |token: &Token| token.is_sign(';') || token.group(Delimiter::Brace).is_some();
            let body = tokens[at..].iter().position(is_end).map_or(tokens.len(), |length| at + length);
            (Kind::Function(Function { name, signature: &tokens[head..body] }), body + 1)
        }
        (Some(Token::Word(name)), Some(after)) if word == "mod" => match after.group(Delimiter::Brace) {
            Some(content) => (Kind::Module { name, content }, at + 3),
            None => (Kind::Other, at + 1),
        },
        (Some(mark), Some(Token::Group(content))) if mark.is_sign('!') => (Kind::Call { name: word, content }, at + 3),
        _ => (Kind::Other, at + 1),
    }
}

/// Skips `pub(crate)`, `async`, `unsafe`, `extern "C"` and such.
fn after_qualifiers(tokens: &[Token], mut at: usize) -> usize {
    const QUALIFIERS: [&str; 8] = ["async", "const", "default", "extern", "gen", "pub", "safe", "unsafe"];
    loop {
        let is_after = |word: &str| at > 0 && tokens[at - 1].is_word(word);
        match tokens.get(at) {
            Some(Token::Word(word)) if QUALIFIERS.contains(&word.as_str()) => {}
            Some(token) if token.group(Delimiter::Parenthesis).is_some() && is_after("pub") => {}
            Some(Token::Literal(_)) if is_after("extern") => {}
            _ => return at,
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;

    /// Describes the items of a source that have a kind.
    fn found(source: &str) -> Vec<String> {
        let tokens = lexer::tokens(source).expect("Rust");
        let describe = |item: Item<'_>| {
            let what = match item.kind {
                Kind::Function(function) => format!("fn {}", function.name),
                Kind::Module { name, .. } => format!("mod {name} {{}}"),
                Kind::Call { name, .. } => format!("{name}!"),
                Kind::Other => return None,
            };
            Some(format!("{} {what} {}", item.attributes.len(), item.tokens.len()))
        };
        split(&tokens).into_iter().filter_map(describe).collect()
    }

    #[test]
    fn items_end_where_the_next_one_starts() {
        let source = "#![allow(x)] use a::{b}; #[test] pub(crate) async fn one() -> [u8; 2] where A: B {} fn two() {} \
                      const A: fn() = { f }; pub mod m { fn no() {} } #[cfg(test)] mod tests; impl X { fn no() {} } \
                      extern \"C\" fn three() {} proptest::proptest! { fn no() {} } macro_rules! no { () => {} }";
        assert_eq!(found(source), ["1 fn one 16", "0 fn two 4", "0 mod m {} 4", "0 fn three 6", "0 proptest! 3",]);
    }

    #[test]
    fn incomplete_items_end_with_the_source() {
        assert_eq!(found("fn a() -> u8"), ["0 fn a 6"]);
        assert_eq!(found("#[test]"), [""; 0]);
        assert_eq!(found("mod"), [""; 0]);
    }
}
