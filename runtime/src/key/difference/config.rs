//! The changes of a configuration: of all of it, or of the parts that an artifact depends on.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::json;
use crate::key::canonical::{Part, Text};
use crate::key::key_input::KeyInput;
use crate::key::shorten::{join, shorten};

/// Describes the changes, given the key inputs that are in one key only: `config.analyzer.k1: 1.2 → 1.5`.
pub(super) fn describe(old: &[&KeyInput], new: &[&KeyInput]) -> String {
    let (old, new) = (by_part(old), by_part(new));
    let parts = old.keys().chain(new.keys().filter(|part| !old.contains_key(*part)));
    let mut changes: Vec<String> = Vec::new();
    for part in parts {
        let of_part = match (old.get(part), new.get(part)) {
            (Some(old), Some(new)) => changes_of_text(old, new),
            (Some(_), None) => vec![one_sided(*part, "is gone")],
            _ => vec![one_sided(*part, "is new")],
        };
        for change in of_part {
            // An artifact and its dependency may have the same part, or one of them all of it.
            if !changes.contains(&change) {
                changes.push(change);
            }
        }
    }
    join(changes)
}

fn by_part<'a>(key_inputs: &[&'a KeyInput]) -> BTreeMap<Part<'a>, Text<'a>> {
    let texts = key_inputs.iter().map(|key_input| Text::parse(&key_input.value));
    texts.map(|text| (text.part, text)).collect()
}

/// Describes a part that only one of two keys has.
fn one_sided(part: Part<'_>, change: &str) -> String {
    match part {
        Part::Field(path) => format!("config.{path} {change}"),
        Part::Whole | Part::Declared(_) => "config changed".to_owned(),
    }
}

/// Compares the JSON of two canonical texts, then their exact notations if the JSON is the same.
fn changes_of_text(old: &Text<'_>, new: &Text<'_>) -> Vec<String> {
    let (Ok(plain_old), Ok(plain_new)) = (json::parse(old.plain), json::parse(new.plain)) else {
        return vec!["config changed".to_owned()];
    };
    let changes = changes("config", &plain_old, &plain_new);
    match (old.exact, new.exact) {
        _ if !changes.is_empty() => changes,
        (Some(exact_old), Some(exact_new)) => vec![describe_exact(new.part, exact_old, exact_new)],
        _ => vec!["config recorded by another version of cached-smoke".to_owned()],
    }
}

/// Shows the first place where two exact notations differ: `config.analyzer.level: None → Some(())`.
fn describe_exact(part: Part<'_>, old: &str, new: &str) -> String {
    let common: usize = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (below, start) = locate(old, common);
    let (old, new) = (&old[start..], &new[start..]);
    let common: usize =
        old.chars().rev().zip(new.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    // From the end of the value on. The common end may overlap the common beginning.
    let tail = old[old.len() - common..].find([',', ';']).map_or(0, |at| common - at);
    let field = if let Part::Field(path) = part { Some(path) } else { None };
    let path: Vec<&str> = ["config"].into_iter().chain(field).chain(below).collect();
    changed(&path.join("."), &old[..old.len() - tail], &new[..new.len() - tail])
}

/// Returns the fields around the offset `end` of an exact notation, and the offset at which the value of the innermost
/// one begins.
fn locate(text: &str, end: usize) -> (Vec<&str>, usize) {
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
    (above.into_iter().chain([field]).filter(|field| !field.is_empty()).collect(), start)
}

/// Returns the changes of all values at or below `path`.
fn changes(path: &str, old: &Value, new: &Value) -> Vec<String> {
    match (old, new) {
        _ if old == new => Vec::new(),
        (Value::Object(old), Value::Object(new)) if !is_another_variant(old, new) => {
            let added = new.keys().filter(|name| !old.contains_key(*name));
            let change = |name: &String| element(&format!("{path}{}", key(name)), old.get(name), new.get(name));
            old.keys().chain(added).flat_map(change).collect()
        }
        (Value::Array(old), Value::Array(new)) => {
            changes_of_list(path, old, new).unwrap_or_else(|| vec![whole(path, &old[..], &new[..])])
        }
        _ => vec![whole(path, old, new)],
    }
}

/// Returns `true` for two variants of an enum, which have one name each. Two maps with one entry look alike.
fn is_another_variant(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    old.len() == 1 && new.len() == 1 && !old.keys().eq(new.keys())
}

/// Returns the changes of the elements of a list. Returns `None` if elements were replaced by another number of
/// elements.
fn changes_of_list(path: &str, old: &[Value], new: &[Value]) -> Option<Vec<String>> {
    let place = |at: usize| format!("{path}[{at}]");
    if old.len() == new.len() {
        return Some((0..old.len()).flat_map(|at| changes(&place(at), &old[at], &new[at])).collect());
    }
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    (old.is_empty() || new.is_empty()).then(|| {
        let one = |at: usize| element(&place(start + at), old.get(at), new.get(at));
        (0..old.len().max(new.len())).flat_map(one).collect()
    })
}

/// Returns the changes of an entry or an element.
fn element(path: &str, old: Option<&Value>, new: Option<&Value>) -> Vec<String> {
    match (old, new) {
        (Some(old), Some(new)) => changes(path, old, new),
        (Some(_), None) => vec![format!("{path} is gone")],
        (None, _) => vec![format!("{path} is new")],
    }
}

/// Returns the name of a field or an entry as a part of a path: `.k1`, or `["a b"]`.
fn key(name: &str) -> String {
    let is_plain =
        |character: char| !character.is_whitespace() && !character.is_control() && !".:\"".contains(character);
    if !name.is_empty() && name.chars().all(is_plain) { format!(".{name}") } else { format!("[{}]", Value::from(name)) }
}

fn whole(path: &str, old: &(impl serde::Serialize + ?Sized), new: &(impl serde::Serialize + ?Sized)) -> String {
    match (serde_json::to_string(old), serde_json::to_string(new)) {
        (Ok(old), Ok(new)) => changed(path, &old, &new),
        _ => format!("{path} changed"),
    }
}

fn changed(path: &str, old: &str, new: &str) -> String {
    let (old, new) = (shorten(old), shorten(new));
    // Two long values may differ behind the cut.
    if old == new { format!("{path} changed") } else { format!("{path}: {old} → {new}") }
}

#[cfg(test)]
mod tests;
