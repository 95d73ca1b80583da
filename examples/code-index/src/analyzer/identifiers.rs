//! Splits identifiers into words.

use std::mem;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// A tokenizer that splits text into identifiers and identifiers into words, all in lower case.
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
    /// The byte at which the search for the next identifier starts.
    offset: usize,
    /// The tokens of the last identifier that are not emitted yet, as byte ranges of the text, last token first.
    pending: Vec<(usize, usize)>,
}

impl IdentifierTokenStream<'_> {
    /// Finds the next identifier and queues its words and, if it has more than one, the whole identifier.
    ///
    /// Returns `false` at the end of the text.
    fn queue_identifier(&mut self) -> bool {
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

    /// Makes a range of the text the current token. Returns `true` if its length is within the limits.
    fn emit(&mut self, (from, to): (usize, usize)) -> bool {
        let token = &mut self.tokenizer.token;
        let mut text = mem::take(&mut token.text);
        text.clear();
        // Without underscores, `get_user` and `getUser` as a whole are the same term.
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
                if self.emit(range) {
                    return true;
                }
            }
            if !self.queue_identifier() {
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

/// Returns the byte ranges of an identifier's words.
///
/// Underscores separate words. Between underscores, a capital letter can start a word.
fn words(identifier: &str) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut offset = 0;
    for piece in identifier.split('_') {
        push_words(piece, offset, &mut words);
        offset += piece.len() + 1;
    }
    words
}

/// Appends the words of a piece without underscores.
///
/// A capital starts a word after a lower-case letter or digit (`fooBar`, `html5Parser`). The last capital of a run
/// starts a word if a lower-case letter follows (`HTTPResponse`), unless that letter is a plural `s` (`URLs`,
/// `parseURLsFrom`).
fn push_words(piece: &str, offset: usize, words: &mut Vec<(usize, usize)>) {
    let chars = piece.char_indices().collect::<Vec<_>>();
    let at = |index: usize| chars.get(index).map(|&(_, c)| c);
    let mut start = 0;
    for (index, &(position, current)) in chars.iter().enumerate().skip(1) {
        if !current.is_uppercase() {
            continue;
        }
        let after_capital = at(index - 1).is_some_and(char::is_uppercase);
        let before_lowercase = at(index + 1).is_some_and(char::is_lowercase);
        let before_plural_s = at(index + 1) == Some('s') && !at(index + 2).is_some_and(char::is_lowercase);
        if !after_capital || (before_lowercase && !before_plural_s) {
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
    fn underscores_separate_words() {
        assert_eq!(split("parse_http_date"), ["parse", "http", "date"]);
        assert_eq!(split("__init__"), ["init"]);
        assert_eq!(split("MAX_FILE_BYTES"), ["MAX", "FILE", "BYTES"]);
        assert_eq!(split("__"), [""; 0]);
    }

    #[test]
    fn capitals_separate_words() {
        assert_eq!(split("QuerySet"), ["Query", "Set"]);
        assert_eq!(split("getUserById"), ["get", "User", "By", "Id"]);
    }

    #[test]
    fn acronyms_are_one_word() {
        assert_eq!(split("HTTPResponse"), ["HTTP", "Response"]);
        assert_eq!(split("parseURL"), ["parse", "URL"]);
        assert_eq!(split("XMLHTTPRequest"), ["XMLHTTP", "Request"]);
        assert_eq!(split("ASCII"), ["ASCII"]);
    }

    #[test]
    fn plural_acronyms_are_one_word() {
        assert_eq!(split("URLs"), ["URLs"]);
        assert_eq!(split("parseURLsFrom"), ["parse", "URLs", "From"]);
        assert_eq!(split("HTTPServer"), ["HTTP", "Server"]);
        assert_eq!(split("DBsettings"), ["D", "Bsettings"]);
    }

    #[test]
    fn digits_belong_to_the_word_before_them() {
        assert_eq!(split("html5Parser"), ["html5", "Parser"]);
        assert_eq!(split("sha256"), ["sha256"]);
        assert_eq!(split("utf8_decode"), ["utf8", "decode"]);
    }

    #[test]
    fn words_may_have_letters_of_any_script() {
        assert_eq!(split("größteÜberschrift"), ["größte", "Überschrift"]);
        assert_eq!(terms("書店 = Книга"), ["書店", "книга"]);
    }

    #[test]
    fn the_whole_identifier_follows_its_words() {
        assert_eq!(terms("getUser"), ["get", "user", "getuser"]);
        assert_eq!(terms("get_user()"), ["get", "user", "getuser"]);
        assert_eq!(terms("_private"), ["private"]);
    }

    #[test]
    fn text_without_identifiers_has_no_terms() {
        assert_eq!(terms(" +-*/ ()\n\t"), [""; 0]);
    }
}
