//! What changed between two keys, in words.

mod code;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::input::{Kind, Known, lines};
use super::{KeyInput, canonical};

/// More than this many changed settings, or inputs of one kind, are counted rather than listed.
pub(super) const MAX_SETTINGS: usize = 3;
/// A longer value says nothing in a line of a log.
const MAX_VALUE: usize = 48;

/// Returns how much two keys share, to be compared: the number of key inputs, then that of the lines in the notes of the others,
/// such as the parts of a fingerprint of code.
pub fn in_common(left: &[KeyInput], right: &[KeyInput]) -> (usize, usize) {
    let digests: BTreeSet<&str> = right.iter().map(|key_input| key_input.digest.as_str()).collect();
    let (same, others): (Vec<&KeyInput>, Vec<&KeyInput>) =
        left.iter().partition(|key_input| digests.contains(key_input.digest.as_str()));
    let lines: BTreeSet<&str> = right.iter().flat_map(|key_input| key_input.note.lines()).collect();
    let shared = others.iter().flat_map(|key_input| key_input.note.lines()).filter(|line| lines.contains(line));
    (same.len(), shared.count())
}

/// Says how the key inputs of `new` differ from those of `old`, in words.
pub fn describe(old: &[KeyInput], new: &[KeyInput]) -> String {
    let gone = missing_from(new, old);
    let come = missing_from(old, new);
    // The files of a test are a part of its code.
    let subject = |key_input: &KeyInput| if key_input.name == "files" { "code" } else { &key_input.name }.to_owned();
    let names: BTreeSet<String> = gone.iter().chain(&come).map(|key_input| subject(key_input)).collect();
    let sentences: Vec<String> = names
        .into_iter()
        .map(|name| {
            let old: Vec<&KeyInput> = gone.iter().copied().filter(|key_input| subject(key_input) == name).collect();
            let new: Vec<&KeyInput> = come.iter().copied().filter(|key_input| subject(key_input) == name).collect();
            match (old[..].as_ref(), new[..].as_ref()) {
                _ if name == "code" => code::describe(&old, &new),
                _ if let Some(kind) = Kind::of(&name) => describe_inputs(kind, &old, &new),
                ([old], [new]) => describe_one(&name, old, new),
                _ => format!("{name} changed"),
            }
        })
        .collect();
    sentences.join("; ")
}

/// Those of `all` that are not in `other`.
fn missing_from<'a>(other: &[KeyInput], all: &'a [KeyInput]) -> Vec<&'a KeyInput> {
    all.iter().filter(|one| other.iter().all(|key_input| key_input.digest != one.digest)).collect()
}

fn describe_one(name: &str, old: &KeyInput, new: &KeyInput) -> String {
    match name {
        "repo" => format!("repository changed: {} → {}", shorten_commit(&old.value), shorten_commit(&new.value)),
        "path" => format!("repository moved from {} to {}", old.value, new.value),
        "config" => format!("config: {}", describe_config(&old.value, &new.value)),
        _ => format!("{name} changed: {} → {}", old.value, new.value),
    }
}

/// What became of each input of one kind: the same name is the same input.
fn describe_inputs(kind: Kind, old: &[&KeyInput], new: &[&KeyInput]) -> String {
    let (old, new) = (by_name(old), by_name(new));
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let mut changes: Vec<String> = names
        .iter()
        .take(MAX_SETTINGS)
        .map(|name| {
            let subject = format!("{} {name}", kind.key_input());
            match (old.get(name), new.get(name)) {
                (Some(old), Some(new)) => describe_input(&subject, old, new),
                (Some(_), None) => format!("{subject} is not declared any more"),
                _ => format!("{subject} is declared now"),
            }
        })
        .collect();
    if names.len() > MAX_SETTINGS {
        changes.push(format!("{} more {} changed", names.len() - MAX_SETTINGS, kind.several()));
    }
    changes.join("; ")
}

fn by_name<'a>(all: &[&'a KeyInput]) -> BTreeMap<&'a str, Known<'a>> {
    all.iter().filter_map(|one| Known::read(one)).map(|known| (known.name, known)).collect()
}

fn describe_input(subject: &str, old: &Known<'_>, new: &Known<'_>) -> String {
    match (new.kind, old.state, new.state) {
        (Kind::Directory, ..) if let Some(change) = describe_listings(old.listing, new.listing) => {
            format!("{subject} changed: {change}")
        }
        (Kind::Variable, Some(_), None) => format!("{subject} is not set any more"),
        (Kind::Variable, None, Some(new)) => format!("{subject} is set now: {}", shorten_text(new)),
        (Kind::Variable, Some(old), Some(new)) => format!("{subject} changed{}", describe_change(old, new)),
        (Kind::Tool, Some(old), Some(new)) => {
            let (old, new) = (lines(old), lines(new));
            let line = |lines: &[String], index: usize| lines.get(index).cloned().unwrap_or_default();
            let differs = |index: &usize| line(&old, *index) != line(&new, *index);
            let first = (0..old.len().max(new.len())).find(differs).unwrap_or_default();
            match (line(&old, first), line(&new, first)) {
                (old, new) if new.is_empty() => format!("{subject} changed: `{}` is gone", shorten_text(&old)),
                (old, new) if old.is_empty() => format!("{subject} changed: `{}` is new", shorten_text(&new)),
                (old, new) => format!("{subject} changed{}", describe_change(&old, &new)),
            }
        }
        _ => format!("{subject} changed"),
    }
}

/// Nothing if both look the same when they are shortened.
fn describe_change(old: &str, new: &str) -> String {
    let (old, new) = (shorten_text(old), shorten_text(new));
    if old == new { String::new() } else { format!(": {old} → {new}") }
}

/// The first name whose line differs, and how many more there are; nothing if one of them is no listing, or is of another depth.
fn describe_listings(old: &str, new: &str) -> Option<String> {
    if old.lines().next()? != new.lines().next()? {
        return None;
    }
    let (old, new) = (entries(old), entries(new));
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let mut changed = names.into_iter().filter(|name| old.get(name) != new.get(name));
    let first = changed.next()?;
    let what = match (old.get(first), new.get(first)) {
        (Some(_), None) => "is gone",
        (None, Some(_)) => "is new",
        _ => "changed",
    };
    let more = changed.count();
    Some(if more == 0 { format!("{first} {what}") } else { format!("{first} {what}, and {more} more") })
}

/// The names of a listing and their digests.
fn entries(listing: &str) -> BTreeMap<&str, &str> {
    listing.lines().skip(1).filter_map(|line| line.rsplit_once(' ')).collect()
}

/// A commit of twelve digits, and as much of the digest of what differs.
fn shorten_commit(value: &str) -> String {
    let parts: Vec<&str> = value.split('+').map(|part| part.get(..12).unwrap_or(part)).collect();
    parts.join("+")
}

/// Compares the JSON of two canonical texts, and their exact notations if the JSON does not show the difference.
fn describe_config(old: &str, new: &str) -> String {
    let ((old, old_exact), (new, new_exact)) = (canonical::split(old), canonical::split(new));
    let (Ok(old), Ok(new)) = (serde_json::from_str(old), serde_json::from_str(new)) else {
        return "changed".to_owned();
    };
    let mut changes = Vec::new();
    collect_changes("", &old, &new, &mut changes);
    if changes.is_empty() {
        return match (old_exact, new_exact) {
            (Some(old), Some(new)) => describe_exact(old, new),
            _ => "noted by another version of cached-smoke".to_owned(),
        };
    }
    let listed = changes.iter().take(MAX_SETTINGS).cloned().collect::<Vec<_>>().join(", ");
    match changes.len().checked_sub(MAX_SETTINGS) {
        Some(more) if more > 0 => format!("{listed}, and {more} more"),
        _ => listed,
    }
}

/// Shows where two exact notations begin to differ: `analyzer.level None → Some(())`.
fn describe_exact(old: &str, new: &str) -> String {
    let common: usize = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (path, start) = locate(old, common);
    let (old, new) = (&old[start..], &new[start..]);
    let common: usize =
        old.chars().rev().zip(new.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    // From the end of a value on; it may be within what both begin with.
    let tail = old[old.len() - common..].find([',', ';']).map_or(0, |at| common - at);
    let shown = |text: &str| shorten_text(&text[..text.len() - tail]);
    let path = if path.is_empty() { "value" } else { &path };
    format!("{path} {} → {}", shown(old), shown(new))
}

/// Returns the fields that the place `end` of an exact notation is in, and where the innermost value there begins.
fn locate(text: &str, end: usize) -> (String, usize) {
    let bytes = text.as_bytes();
    let (mut above, mut field, mut start) = (Vec::new(), "", 0);
    let mut at = 0;
    while at < end {
        match bytes[at] {
            b'"' => {
                // To the end of the text.
                at += 1;
                while at < end && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            // Between an enum and its variant.
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

fn collect_changes(path: &str, old: &Value, new: &Value, changes: &mut Vec<String>) {
    if old == new {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        let path = if path.is_empty() { "value" } else { path };
        changes.push(format!("{path} {} → {}", shorten(old), shorten(new)));
        return;
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => collect_changes(&path, old, new, changes),
            (Some(_), None) => changes.push(format!("{path} is gone")),
            (None, Some(_)) => changes.push(format!("{path} is new")),
            (None, None) => {}
        }
    }
}

fn shorten(value: &Value) -> String {
    shorten_text(&value.to_string())
}

pub(super) fn shorten_text(text: &str) -> String {
    if text.chars().count() <= MAX_VALUE {
        return text.to_owned();
    }
    text.chars().take(MAX_VALUE).chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Vec<KeyInput> {
        vec![
            KeyInput::new(name, value.to_owned()).with_note("examples/code-index".to_owned()),
            KeyInput::new("same", String::new()),
        ]
    }

    #[test]
    fn each_ingredient_has_its_words() {
        for (name, old, new, words) in [
            ("code", "1", "2", "code changed: examples/code-index"),
            ("path", "/a", "/b", "repository moved from /a to /b"),
            ("format", "1.0", "1.1", "format changed: 1.0 → 1.1"),
            (
                "repo",
                "40cfbab0b4f1aaaaaaaa",
                "40cfbab0b4f1aaaaaaaa+0123456789abcdef",
                "repository changed: 40cfbab0b4f1 → 40cfbab0b4f1+0123456789ab",
            ),
            ("config", r#"{"analyzer":{"k1":1.2}}"#, r#"{"analyzer":{"k1":1.5}}"#, "config: analyzer.k1 1.2 → 1.5"),
        ] {
            assert_eq!(describe(&one(name, old), &one(name, new)), words);
        }
    }

    #[test]
    fn settings_that_come_and_go_are_named_and_many_are_counted() {
        assert_eq!(describe_config(r#"{"a":1,"b":1}"#, r#"{"a":1,"c":1}"#), "b is gone, c is new");
        let many = describe_config(r#"{"a":1,"b":1,"c":1,"d":1}"#, r#"{"a":2,"b":2,"c":2,"d":2}"#);
        assert_eq!(many, "a 1 → 2, b 1 → 2, c 1 → 2, and 1 more");
    }

    /// Key inputs of one kind, by name, state and listing.
    fn inputs(kind: &str, all: &[(&str, &str)]) -> Vec<KeyInput> {
        let one =
            |(value, listing): &(&str, &str)| KeyInput::new(kind, (*value).to_owned()).with_note((*listing).to_owned());
        all.iter().map(one).collect()
    }

    #[test]
    fn inputs_are_paired_by_name() {
        let old = inputs("file", &[("a\t1", ""), ("b\t1", ""), ("c\t1", "")]);
        for (new, words) in [
            (vec![("a\t1", ""), ("b\t2", ""), ("c\t1", "")], "file b changed"),
            (vec![("a\t1", ""), ("c\t1", "")], "file b is not declared any more"),
            (vec![("a\t1", ""), ("b\t1", ""), ("c\t1", ""), ("d\t1", "")], "file d is declared now"),
            (vec![("a\t1", ""), ("c\t2", ""), ("d\t1", "")], {
                "file b is not declared any more; file c changed; file d is declared now"
            }),
        ] {
            assert_eq!(describe(&old, &inputs("file", &new)), words);
        }
        let many = |digest: &str| -> Vec<KeyInput> {
            (0..5).map(|number| KeyInput::new("file", format!("{number}\t{digest}"))).collect()
        };
        assert_eq!(
            describe(&many("1"), &many("2")),
            "file 0 changed; file 1 changed; file 2 changed; 2 more files changed"
        );
    }

    #[test]
    fn a_directory_names_the_first_file_if_both_listings_can_tell() {
        let words = |old: &str, new: &str| {
            describe(&inputs("directory", &[("d\t1", old)]), &inputs("directory", &[("d\t2", new)]))
        };
        assert_eq!(words("all\na b 1\nc 1", "all\na b 2\nc 1"), "directory d changed: a b changed");
        assert_eq!(words("all", "all\na 2\nc 1"), "directory d changed: a is new, and 1 more");
        for (old, new) in
            [("all\na 1", "top\na 2"), ("", "all\na 1"), ("all\na 1", ""), ("", ""), ("all\na 1", "all\na 1")]
        {
            assert_eq!(words(old, new), "directory d changed");
        }
    }

    #[test]
    fn long_values_and_versions_are_shortened() {
        let variable = |old: &str, new: &str| {
            let value = |text: &str| format!("A\t\"{text}\"");
            describe(&inputs("variable", &[(&value(old), "")]), &inputs("variable", &[(&value(new), "")]))
        };
        let long = "x".repeat(100);
        assert_eq!(variable(&long, "y"), format!("variable A changed: \"{}… → \"y\"", "x".repeat(47)));
        assert_eq!(variable(&long, &format!("{long}y")), "variable A changed");
        let tool = |old: &str, new: &str| describe(&inputs("tool", &[(old, "")]), &inputs("tool", &[(new, "")]));
        assert_eq!(tool("a\t\"a 1\\nb 1\"", "a\t\"a 1\\nb 2\""), "tool a changed: b 1 → b 2");
        assert_eq!(tool("a\t\"a 1\"", "a\t\"a 1\\nb 2\""), "tool a changed: `b 2` is new");
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
        let differs = |other: &str| describe_config(&plain, other);
        assert_eq!(differs(&text(Some(None), Mode::Text("A"))), "level None → Some(None)");
        assert_eq!(differs(&text(None, Mode::Kind(Kind::A))), "mode \"A\" → Kind::A@0");
        assert_eq!(differs(&text(None, Mode::Letter('A'))), "mode \"A\" → char\"A\"");
        assert_eq!(differs(&text(None, Mode::Text("B"))), "mode \"A\" → \"B\"");
        let old = canonical::split(&plain).0;
        assert_eq!(describe_config(old, &plain), "noted by another version of cached-smoke");

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

    #[test]
    fn the_entry_that_shares_more_of_its_code_is_nearer() {
        let code =
            |value: &str, parts: &str| vec![KeyInput::new("code", value.to_owned()).with_note(format!("src\n{parts}"))];
        let new = code("new", "crate\ta\t1\ncrate\tb\t2");
        let near = code("near", "crate\ta\t1\ncrate\tb\t1");
        let far = code("far", "crate\ta\t0\ncrate\tb\t1");
        assert!(in_common(&near, &new) > in_common(&far, &new));
    }

    #[test]
    fn several_changes_are_all_said() {
        let old = [one("code", "1"), one("path", "/a")].concat();
        let new = [one("code", "2"), one("path", "/b")].concat();
        assert_eq!(describe(&old, &new), "code changed: examples/code-index; repository moved from /a to /b");
        assert_eq!(in_common(&old, &new).0, 2);
    }
}
