//! The differences between two keys, for messages.

mod code;
mod config;
mod inputs;

use std::collections::BTreeSet;

use super::input::Kind;
use super::key_input::KeyInput;
use super::shorten;
use crate::ordered;

/// Returns a measure of what two keys have in common, for comparisons.
///
/// It is the number of equal key inputs, then the number of equal lines in the notes of the others, such as the parts
/// of a fingerprint of code.
pub fn in_common(left: &[KeyInput], right: &[KeyInput]) -> (usize, usize) {
    let digests: BTreeSet<&str> = right.iter().map(|key_input| key_input.digest.as_str()).collect();
    let (same, others): (Vec<&KeyInput>, Vec<&KeyInput>) =
        left.iter().partition(|key_input| digests.contains(key_input.digest.as_str()));
    let lines: BTreeSet<&str> = right.iter().flat_map(|key_input| key_input.note.lines()).collect();
    let shared = others.iter().flat_map(|key_input| key_input.note.lines()).filter(|line| lines.contains(line));
    (same.len(), shared.count())
}

/// Describes how the key inputs of `new` differ from those of `old`.
pub fn describe(old: &[KeyInput], new: &[KeyInput]) -> String {
    let removed = missing_from(new, old);
    let added = missing_from(old, new);
    // The files of a test are a part of its code.
    let subject = |key_input: &KeyInput| if key_input.name == "files" { "code" } else { &key_input.name }.to_owned();
    let names: BTreeSet<String> = ordered::collect(removed.iter().chain(&added).map(|key_input| subject(key_input)));
    let sentences: Vec<String> = names
        .into_iter()
        .map(|name| {
            let old: Vec<&KeyInput> = removed.iter().copied().filter(|key_input| subject(key_input) == name).collect();
            let new: Vec<&KeyInput> = added.iter().copied().filter(|key_input| subject(key_input) == name).collect();
            match (old[..].as_ref(), new[..].as_ref()) {
                _ if name == "code" => code::describe(&old, &new),
                _ if name == "config" => config::describe(&old, &new),
                _ if let Some(kind) = Kind::of(&name) => inputs::describe(kind, &old, &new),
                ([], _) if name == "hermetic" => "builds are hermetic now".to_owned(),
                (_, []) if name == "hermetic" => "builds are no longer hermetic".to_owned(),
                ([old], [new]) => describe_one(&name, old, new),
                _ => format!("{name} changed"),
            }
        })
        .collect();
    sentences.join("; ")
}

/// Returns the key inputs of `all` that are not in `other`.
fn missing_from<'a>(other: &[KeyInput], all: &'a [KeyInput]) -> Vec<&'a KeyInput> {
    all.iter().filter(|one| other.iter().all(|key_input| key_input.digest != one.digest)).collect()
}

fn describe_one(name: &str, old: &KeyInput, new: &KeyInput) -> String {
    match name {
        "repo" => describe_repository(old, new),
        "path" => format!("repository moved from {} to {}", old.value, new.value),
        _ => format!("{name} changed: {} → {}", old.value, new.value),
    }
}

/// Names the files that changed at the same commit, or else both states.
fn describe_repository(old: &KeyInput, new: &KeyInput) -> String {
    let commit = |one: &KeyInput| one.value.split('+').next().unwrap_or_default().to_owned();
    let change = match commit(new) {
        of_both if of_both != commit(old) => None,
        files if files == "files" => inputs::describe_listings(&old.note, &new.note),
        // These lists have the files that differ from the commit.
        _ => inputs::changed_names(&old.note, &new.note).map(shorten::join),
    };
    match change {
        Some(change) => format!("repository changed: {change}"),
        None => format!("repository changed: {} → {}", shorten_commit(&old.value), shorten_commit(&new.value)),
    }
}

/// Shortens a commit, and the digest of what differs from it, to twelve digits each.
fn shorten_commit(value: &str) -> String {
    let parts: Vec<&str> = value.split('+').map(|part| part.get(..12).unwrap_or(part)).collect();
    parts.join("+")
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
    fn each_key_input_has_its_message() {
        for (name, old, new, message) in [
            ("code", "1", "2", "code changed: examples/code-index"),
            ("path", "/a", "/b", "repository moved from /a to /b"),
            ("format", "1.0", "1.1", "format changed: 1.0 → 1.1"),
            (
                "repo",
                "40cfbab0b4f1aaaaaaaa",
                "40cfbab0b4f1aaaaaaaa+0123456789abcdef",
                "repository changed: 40cfbab0b4f1 → 40cfbab0b4f1+0123456789ab",
            ),
            ("config", r#"{"analyzer":{"k1":1.2}}"#, r#"{"analyzer":{"k1":1.5}}"#, "config.analyzer.k1: 1.2 → 1.5"),
        ] {
            assert_eq!(describe(&one(name, old), &one(name, new)), message);
        }
    }

    #[test]
    fn changed_files_of_a_repository_are_named() {
        let repo =
            |state: &str, listing: &str| vec![KeyInput::new("repo", state.to_owned()).with_note(listing.to_owned())];
        for (old, new, message) in [
            (repo("files+1", "all\na 1\nb 1"), repo("files+2", "all\na 1\nb 2\nc 1"), "b changed, and 1 more"),
            (repo("files+1", "all\na 1"), repo("files+2", "all"), "a is gone"),
            (repo("abc", "all"), repo("abc+2", "all\nsrc/a b.py 1"), "src/a b.py"),
            (repo("abc+1", "all\na 1\nb 1"), repo("abc", "all"), "a, b"),
            (repo("abc+1", "all\na 1\nb 1"), repo("abc+2", "all\na 1\nb 2"), "b"),
            (repo("abc+1", "all\na 1"), repo("def", "all"), "abc+1 → def"),
            (repo("abc+1", ""), repo("abc+2", "all\na 1"), "abc+1 → abc+2"),
            (repo("abc+1", "top\na 1"), repo("abc+2", "all\na 1"), "abc+1 → abc+2"),
        ] {
            assert_eq!(describe(&old, &new), format!("repository changed: {message}"));
        }
    }

    #[test]
    fn a_hermetic_build_is_named() {
        let (plain, hermetic) = (one("code", "1"), [one("code", "1"), one("hermetic", "a")].concat());
        assert_eq!(describe(&plain, &hermetic), "builds are hermetic now");
        assert_eq!(describe(&hermetic, &plain), "builds are no longer hermetic");
    }

    #[test]
    fn an_entry_with_more_equal_code_has_more_in_common() {
        let code =
            |value: &str, parts: &str| vec![KeyInput::new("code", value.to_owned()).with_note(format!("src\n{parts}"))];
        let new = code("new", "crate\ta\t1\ncrate\tb\t2");
        let near = code("near", "crate\ta\t1\ncrate\tb\t1");
        let far = code("far", "crate\ta\t0\ncrate\tb\t1");
        assert!(in_common(&near, &new) > in_common(&far, &new));
    }

    #[test]
    fn all_changes_are_described() {
        let old = [one("code", "1"), one("path", "/a")].concat();
        let new = [one("code", "2"), one("path", "/b")].concat();
        assert_eq!(describe(&old, &new), "code changed: examples/code-index; repository moved from /a to /b");
        assert_eq!(in_common(&old, &new).0, 2);
    }
}
