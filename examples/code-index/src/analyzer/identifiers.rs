//! Splitting identifiers into words.

use std::mem;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Takes text apart into identifiers and these into words, all in lower case.
#[derive(Clone)]
pub(super) struct IdentifierTokenizer {
    min_length: usize,
    max_length: usize,
    token: Token,
}

impl IdentifierTokenizer {
    pub(super) fn new(min_length: usize, max_length: usize) -> Self {
        Self { min_length, max_length, token: Token::default() }
    }
}

impl Tokenizer for IdentifierTokenizer {
    type TokenStream<'a> = IdentifierTokenStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        self.token.reset();
        IdentifierTokenStream { tokenizer: self, text, offset: 0, pending: Vec::new() }
    }
}

pub(super) struct IdentifierTokenStream<'a> {
    tokenizer: &'a mut IdentifierTokenizer,
    text: &'a str,
    /// Where the next identifier is looked for.
    offset: usize,
    /// What is left to give of the last identifier, last first: ranges of the text.
    pending: Vec<(usize, usize)>,
}

impl IdentifierTokenStream<'_> {
    /// Finds the next identifier and puts what it gives into `pending`: its words and, if there are many, itself.
    fn take_identifier(&mut self) -> bool {
        let rest = &self.text[self.offset..];
        let Some(start) = rest.find(is_identifier) else { return false };
        let rest = &rest[start..];
        let identifier = &rest[..rest.find(|c| !is_identifier(c)).unwrap_or(rest.len())];
        let start = self.offset + start;
        self.offset = start + identifier.len();
        let words = words(identifier);
        if words.len() > 1 {
            self.pending.push((start, self.offset));
        }
        self.pending.extend(words.iter().rev().map(|&(from, to)| (start + from, start + to)));
        true
    }

    fn give(&mut self, (from, to): (usize, usize)) -> bool {
        let token = &mut self.tokenizer.token;
        let mut text = mem::take(&mut token.text);
        text.clear();
        // Without underscores the whole of `get_user` and that of `getUser` are the same term.
        let letters = self.text[from..to].chars().filter(|&c| c != '_');
        text.extend(letters.flat_map(char::to_lowercase));
        token.text = text;
        token.offset_from = from;
        token.offset_to = to;
        token.position = token.position.wrapping_add(1);
        let length = token.text.chars().count();
        (self.tokenizer.min_length..=self.tokenizer.max_length).contains(&length)
    }
}

impl TokenStream for IdentifierTokenStream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            while let Some(range) = self.pending.pop() {
                if self.give(range) {
                    return true;
                }
            }
            if !self.take_identifier() {
                return false;
            }
        }
    }

    fn token(&self) -> &Token {
        &self.tokenizer.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokenizer.token
    }
}

fn is_identifier(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Where the words of an identifier are: between underscores, and within a piece wherever a capital starts a word.
fn words(identifier: &str) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut offset = 0;
    for piece in identifier.split('_') {
        push_words(piece, offset, &mut words);
        offset += piece.len() + 1;
    }
    words
}

/// A capital starts a word after a small letter or digit (`fooBar`, `html5Parser`), and at the end of a run of capitals
/// before a small letter (`HTTPResponse`), unless that is the `s` of a plural (`URLs`, `parseURLsFrom`).
fn push_words(piece: &str, offset: usize, words: &mut Vec<(usize, usize)>) {
    let chars = piece.char_indices().collect::<Vec<_>>();
    let at = |index: usize| chars.get(index).map(|&(_, c)| c);
    let mut start = 0;
    for (index, &(position, current)) in chars.iter().enumerate().skip(1) {
        if !current.is_uppercase() {
            continue;
        }
        let after_capital = at(index - 1).is_some_and(char::is_uppercase);
        let before_small = at(index + 1).is_some_and(char::is_lowercase);
        let plural = at(index + 1) == Some('s') && !at(index + 2).is_some_and(char::is_lowercase);
        if !after_capital || (before_small && !plural) {
            words.push((offset + start, offset + position));
            start = position;
        }
    }
    if start < piece.len() {
        words.push((offset + start, offset + piece.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(identifier: &str) -> Vec<&str> {
        words(identifier).into_iter().map(|(from, to)| &identifier[from..to]).collect()
    }

    fn terms(text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        IdentifierTokenizer::new(1, 64).token_stream(text).process(&mut |token| terms.push(token.text.clone()));
        terms
    }

    #[test]
    fn underscores_separate() {
        assert_eq!(split("parse_http_date"), ["parse", "http", "date"]);
        assert_eq!(split("__init__"), ["init"]);
        assert_eq!(split("MAX_FILE_BYTES"), ["MAX", "FILE", "BYTES"]);
        assert_eq!(split("__"), [""; 0]);
    }

    #[test]
    fn capitals_separate() {
        assert_eq!(split("QuerySet"), ["Query", "Set"]);
        assert_eq!(split("getUserById"), ["get", "User", "By", "Id"]);
    }

    #[test]
    fn acronyms_stay_together() {
        assert_eq!(split("HTTPResponse"), ["HTTP", "Response"]);
        assert_eq!(split("parseURL"), ["parse", "URL"]);
        assert_eq!(split("XMLHTTPRequest"), ["XMLHTTP", "Request"]);
        assert_eq!(split("ASCII"), ["ASCII"]);
    }

    #[test]
    fn the_plural_of_an_acronym_is_one_word() {
        assert_eq!(split("URLs"), ["URLs"]);
        assert_eq!(split("parseURLsFrom"), ["parse", "URLs", "From"]);
        assert_eq!(split("HTTPServer"), ["HTTP", "Server"]);
        assert_eq!(split("DBsettings"), ["D", "Bsettings"]);
    }

    #[test]
    fn digits_belong_to_the_word_before() {
        assert_eq!(split("html5Parser"), ["html5", "Parser"]);
        assert_eq!(split("sha256"), ["sha256"]);
        assert_eq!(split("utf8_decode"), ["utf8", "decode"]);
    }

    #[test]
    fn words_need_not_be_english() {
        assert_eq!(split("größteÜberschrift"), ["größte", "Überschrift"]);
        assert_eq!(terms("書店 = Книга"), ["書店", "книга"]);
    }

    #[test]
    fn the_whole_follows_its_words_whatever_the_style() {
        assert_eq!(terms("getUser"), ["get", "user", "getuser"]);
        assert_eq!(terms("get_user()"), ["get", "user", "getuser"]);
        assert_eq!(terms("_private"), ["private"]);
    }

    #[test]
    fn text_without_identifiers_gives_nothing() {
        assert_eq!(terms(" +-*/ ()\n\t"), [""; 0]);
    }
}
