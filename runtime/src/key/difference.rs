//! What changed between two keys, in words.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Ingredient;

/// More than this many changed settings are counted rather than listed.
const MAX_SETTINGS: usize = 3;
/// A longer value says nothing in a line of a log.
const MAX_VALUE: usize = 48;

/// How many ingredients two keys share.
pub fn in_common(left: &[Ingredient], right: &[Ingredient]) -> usize {
    let right: BTreeSet<&str> = right.iter().map(|ingredient| ingredient.digest.as_str()).collect();
    left.iter().filter(|ingredient| right.contains(ingredient.digest.as_str())).count()
}

/// Says how the ingredients of `new` differ from those of `old`, in words.
pub fn describe(old: &[Ingredient], new: &[Ingredient]) -> String {
    let gone = missing_from(new, old);
    let come = missing_from(old, new);
    let names: BTreeSet<&str> = gone.iter().chain(&come).map(|ingredient| ingredient.name.as_str()).collect();
    let sentences: Vec<String> = names
        .into_iter()
        .map(|name| {
            let old: Vec<&Ingredient> = gone.iter().copied().filter(|ingredient| ingredient.name == name).collect();
            let new: Vec<&Ingredient> = come.iter().copied().filter(|ingredient| ingredient.name == name).collect();
            match (old[..].as_ref(), new[..].as_ref()) {
                ([old], [new]) => describe_one(name, old, new),
                _ => format!("{name} changed"),
            }
        })
        .collect();
    sentences.join("; ")
}

/// Those of `all` that are not in `other`.
fn missing_from<'a>(other: &[Ingredient], all: &'a [Ingredient]) -> Vec<&'a Ingredient> {
    all.iter().filter(|one| other.iter().all(|ingredient| ingredient.digest != one.digest)).collect()
}

fn describe_one(name: &str, old: &Ingredient, new: &Ingredient) -> String {
    match name {
        "repo" => format!("repository changed: {} → {}", shorten_commit(&old.value), shorten_commit(&new.value)),
        "code" => format!("code changed: {}", new.note),
        "path" => format!("repository moved from {} to {}", old.value, new.value),
        "config" => format!("config: {}", describe_config(&old.value, &new.value)),
        _ => format!("{name} changed: {} → {}", old.value, new.value),
    }
}

/// A commit of twelve digits, and as much of the digest of what differs.
fn shorten_commit(value: &str) -> String {
    let parts: Vec<&str> = value.split('+').map(|part| part.get(..12).unwrap_or(part)).collect();
    parts.join("+")
}

fn describe_config(old: &str, new: &str) -> String {
    let (Ok(old), Ok(new)) = (serde_json::from_str(old), serde_json::from_str(new)) else {
        return "changed".to_owned();
    };
    let mut changes = Vec::new();
    collect_changes("", &old, &new, &mut changes);
    if changes.is_empty() {
        // Such as 0.0 and -0.0.
        return "changed".to_owned();
    }
    let listed = changes.iter().take(MAX_SETTINGS).cloned().collect::<Vec<_>>().join(", ");
    match changes.len().checked_sub(MAX_SETTINGS) {
        Some(more) if more > 0 => format!("{listed}, and {more} more"),
        _ => listed,
    }
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
    let text = value.to_string();
    if text.chars().count() <= MAX_VALUE {
        return text;
    }
    text.chars().take(MAX_VALUE).chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Vec<Ingredient> {
        vec![
            Ingredient::new(name, value.to_owned()).with_note("examples/code-index".to_owned()),
            Ingredient::new("same", String::new()),
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

    #[test]
    fn several_changes_are_all_said() {
        let old = [one("code", "1"), one("path", "/a")].concat();
        let new = [one("code", "2"), one("path", "/b")].concat();
        assert_eq!(describe(&old, &new), "code changed: examples/code-index; repository moved from /a to /b");
        assert_eq!(in_common(&old, &new), 2);
    }
}
