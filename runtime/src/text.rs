//! Texts for names and values of the operating system: different names or values have different texts. Texts of others
//! for people.

use std::ffi::OsStr;
use std::path::{Component, Path};

/// The beginning of the text of a name that is not UTF-8, or begins with these characters itself.
const ESCAPED: &str = "b\"";

/// Returns the name, with its bytes escaped if they are not UTF-8 or contain control characters.
pub(crate) fn name(raw: &OsStr) -> String {
    match raw.to_str() {
        Some(text) if !text.contains(char::is_control) && !text.starts_with(ESCAPED) => text.to_owned(),
        _ => escape(raw.as_encoded_bytes()),
    }
}

/// Returns the path with `/` between its components, on every system. An empty path is `.`.
pub(crate) fn path(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            // Joins to a leading slash.
            Component::RootDir if parts.is_empty() => parts.push(String::new()),
            Component::CurDir | Component::RootDir => {}
            component => parts.push(name(component.as_os_str())),
        }
    }
    match &parts[..] {
        [] => ".".to_owned(),
        [root] if root.is_empty() => "/".to_owned(),
        parts => parts.join("/"),
    }
}

/// Returns the value in quotes, with control characters and bytes that are not UTF-8 escaped.
pub(crate) fn value(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) => serde_json::Value::from(text).to_string(),
        Err(_) => escape(raw),
    }
}

/// Replaces control characters of untrusted text by spaces: it stays on one line and cannot control the terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

fn escape(raw: &[u8]) -> String {
    format!("{ESCAPED}{}\"", raw.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_text_for_each_spelling() {
        for (spelling, text) in [
            ("a/b", "a/b"),
            ("./a/./b/", "a/b"),
            ("../a", "../a"),
            ("/a//b", "/a/b"),
            ("", "."),
            ("./", "."),
            ("/", "/"),
        ] {
            assert_eq!(path(Path::new(spelling)), text, "{spelling}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn different_bytes_have_different_text() {
        use std::os::unix::ffi::OsStrExt;
        let raw: [&[u8]; 7] = [b"a", b"\xff", b"\\xff", b"b\"\\xff\"", b"a\tb", b"a\\tb", b"\xfe"];
        let names: Vec<String> = raw.iter().map(|raw| name(OsStr::from_bytes(raw))).collect();
        let values: Vec<String> = raw.iter().map(|raw| value(raw)).collect();
        for texts in [names, values] {
            let different: std::collections::BTreeSet<&String> = texts.iter().collect();
            assert_eq!(different.len(), texts.len(), "{texts:?}");
            assert!(texts.iter().all(|text| !text.contains(char::is_control)), "{texts:?}");
        }
    }
}
