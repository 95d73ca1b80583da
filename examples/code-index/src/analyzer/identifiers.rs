//! Splits identifiers into words.

/// Returns the identifiers and numbers of a text.
pub(crate) fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_identifier(c)).filter(|identifier| !identifier.is_empty())
}

/// Returns the words of an identifier and, if it has more than one, the whole of it, in lower case.
pub(super) fn terms(identifier: &str) -> Vec<String> {
    let words = words(identifier);
    let whole = (words.len() > 1).then_some((0, identifier.len()));
    // Without underscores, `get_user` and `getUser` as a whole are the same term.
    let lower = |(from, to)| identifier[from..to].chars().filter(|&c| c != '_').flat_map(char::to_lowercase).collect();
    words.into_iter().chain(whole).map(lower).collect()
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
        identifiers(text).flat_map(super::terms).collect()
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
