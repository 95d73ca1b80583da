//! The changes of a configuration.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::key::canonical;
use crate::key::shorten::{join, shorten};

/// Compares the JSON of two canonical texts, then their exact notations if the JSON is the same.
pub(super) fn describe(old: &str, new: &str) -> String {
    let ((old, old_exact), (new, new_exact)) = (canonical::split(old), canonical::split(new));
    let (Ok(old), Ok(new)) = (serde_json::from_str(old), serde_json::from_str(new)) else {
        return "changed".to_owned();
    };
    let changes = changes("", &old, &new);
    match (old_exact, new_exact) {
        _ if !changes.is_empty() => join(changes),
        (Some(old), Some(new)) => describe_exact(old, new),
        _ => "recorded by another version of cached-smoke".to_owned(),
    }
}

/// Shows the first place where two exact notations differ: `analyzer.level None → Some(())`.
fn describe_exact(old: &str, new: &str) -> String {
    let common: usize = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (path, start) = locate(old, common);
    let (old, new) = (&old[start..], &new[start..]);
    let common: usize =
        old.chars().rev().zip(new.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    // From the end of the value on. The common end may overlap the common beginning.
    let tail = old[old.len() - common..].find([',', ';']).map_or(0, |at| common - at);
    let shown = |text: &str| shorten(&text[..text.len() - tail]);
    let path = if path.is_empty() { "value" } else { &path };
    format!("{path} {} → {}", shown(old), shown(new))
}

/// Returns the path of the field at the offset `end` of an exact notation, and the offset at which its value begins.
fn locate(text: &str, end: usize) -> (String, usize) {
    let bytes = text.as_bytes();
    let (mut above, mut field, mut start) = (Vec::new(), "", 0);
    let mut at = 0;
    while at < end {
        match bytes[at] {
            b'"' => {
                // Skips to the end of the quoted text.
                at += 1;
                while at < end && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            // The separator of an enum and its variant.
            b':' if bytes.get(at + 1) == Some(&b':') => at += 1,
            b':' => (field, start) = (&text[start..at], at + 1),
            b'{' | b'(' | b'[' => {
                above.push(field);
                (field, start) = ("", at + 1);
            }
            b'}' | b')' | b']' => field = above.pop().unwrap_or_default(),
            b',' | b';' => (field, start) = ("", at + 1),
            _ => {}
        }
        at += 1;
    }
    let fields: Vec<&str> = above.into_iter().chain([field]).filter(|field| !field.is_empty()).collect();
    (fields.join("."), start)
}

/// Returns the changes of all fields at or below `path`.
fn changes(path: &str, old: &Value, new: &Value) -> Vec<String> {
    if old == new {
        return Vec::new();
    }
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        let path = if path.is_empty() { "value" } else { path };
        return vec![format!("{path} {} → {}", shorten(&old.to_string()), shorten(&new.to_string()))];
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |name: &String| {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => changes(&path, old, new),
            (Some(_), None) => vec![format!("{path} is gone")],
            (None, Some(_)) => vec![format!("{path} is new")],
            (None, None) => Vec::new(),
        }
    };
    names.into_iter().flat_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::canonical::{canonical, split};

    #[test]
    fn changed_settings_are_listed_and_many_are_counted() {
        assert_eq!(describe(r#"{"a":1,"b":1}"#, r#"{"a":1,"c":1}"#), "b is gone, c is new");
        let many = describe(r#"{"a":1,"b":1,"c":1,"d":1}"#, r#"{"a":2,"b":2,"c":2,"d":2}"#);
        assert_eq!(many, "a 1 → 2, b 1 → 2, c 1 → 2, and 1 more");
    }

    #[test]
    fn values_with_the_same_json_are_shown_exactly() {
        #[derive(serde::Serialize)]
        struct Settings {
            first: u8,
            level: Option<Level>,
            mode: Mode,
            zeta: f32,
        }
        type Level = Option<u8>;
        #[derive(serde::Serialize)]
        #[serde(untagged)]
        enum Mode {
            Kind(Kind),
            Letter(char),
            Text(&'static str),
        }
        #[derive(serde::Serialize)]
        enum Kind {
            A,
        }
        let text = |level, mode| canonical(&Settings { first: 1, level, mode, zeta: 1.2 }).expect("it serializes");
        let plain = text(None, Mode::Text("A"));
        let differs = |other: &str| describe(&plain, other);
        assert_eq!(differs(&text(Some(None), Mode::Text("A"))), "level None → Some(None)");
        assert_eq!(differs(&text(None, Mode::Kind(Kind::A))), "mode \"A\" → Kind::A@0");
        assert_eq!(differs(&text(None, Mode::Letter('A'))), "mode \"A\" → char\"A\"");
        assert_eq!(differs(&text(None, Mode::Text("B"))), "mode \"A\" → \"B\"");
        let old = split(&plain).0;
        assert_eq!(describe(old, &plain), "recorded by another version of cached-smoke");

        let exact = |old: &str, new: &str| describe_exact(old, new);
        assert_eq!(exact("A{b:B{c:(1u8,None,),},d:1u8,}", "A{b:B{c:(1u8,(),),},d:1u8,}"), "b.c None → ()");
        assert_eq!(
            exact("A{b:B{c:1u8,},d:\"{(e:\\\"\",f:1u8,}", "A{b:B{c:1u8,},d:\"{(e:\\\"\",f:1u16,}"),
            "f 1u8 → 1u16"
        );
        assert_eq!(exact("()", "None"), "value () → None");
        assert_eq!(exact("(None,None,)", "(Some(None),None,)"), "value None → Some(None)");
        assert_eq!(exact("[1u8,1u8,]", "[1u8,1u8,1u8,]"), "value ] → 1u8,]");
        assert_eq!(exact("é,\"ö\",", "é,\"ü\","), "value \"ö\" → \"ü\"");
        assert_eq!(exact("a", "a"), "value a → a");
        assert!(exact(&format!("[{}]", "1".repeat(200)), "[]").chars().count() < 120);
    }
}
