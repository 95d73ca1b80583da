//! The changes of declared inputs of one kind.

use std::collections::{BTreeMap, BTreeSet};

use crate::key::input::{Kind, Known, lines};
use crate::key::key_input::KeyInput;
use crate::key::shorten::{MAX_LISTED, shorten};
use crate::ordered;

/// Describes the changes of the inputs of one kind, given those that are in one key only. Inputs with the same name are
/// one.
pub(super) fn describe(kind: Kind, old: &[&KeyInput], new: &[&KeyInput]) -> String {
    let (old, new) = (by_name(old), by_name(new));
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let mut changes: Vec<String> = names
        .iter()
        .take(MAX_LISTED)
        .map(|name| {
            let subject = format!("{} {name}", kind.key_input());
            match (old.get(name), new.get(name)) {
                (Some(old), Some(new)) => describe_input(&subject, old, new),
                (Some(_), None) => format!("{subject} is no longer declared"),
                _ => format!("{subject} is now declared"),
            }
        })
        .collect();
    if names.len() > MAX_LISTED {
        changes.push(format!("{} more {} changed", names.len() - MAX_LISTED, kind.several()));
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
        (Kind::File, Some(_), None) => format!("{subject} is missing now"),
        (Kind::File, None, Some(_)) => format!("{subject} exists now"),
        (Kind::Variable, Some(_), None) => format!("{subject} is no longer set"),
        (Kind::Variable, None, Some(new)) => format!("{subject} is now set: {}", shorten(new)),
        (Kind::Variable, Some(old), Some(new)) => format!("{subject} changed{}", describe_change(old, new)),
        (Kind::Tool, Some(old), Some(new)) => {
            let (old, new) = (lines(old), lines(new));
            let line = |lines: &[String], index: usize| lines.get(index).cloned().unwrap_or_default();
            let differs = |index: &usize| line(&old, *index) != line(&new, *index);
            let first = (0..old.len().max(new.len())).find(differs).unwrap_or_default();
            match (line(&old, first), line(&new, first)) {
                (old, new) if new.is_empty() => format!("{subject} changed: `{}` is gone", shorten(&old)),
                (old, new) if old.is_empty() => format!("{subject} changed: `{}` is new", shorten(&new)),
                (old, new) => format!("{subject} changed{}", describe_change(&old, &new)),
            }
        }
        _ => format!("{subject} changed"),
    }
}

/// Returns old and new value, or nothing if both have the same shortened text.
fn describe_change(old: &str, new: &str) -> String {
    let (old, new) = (shorten(old), shorten(new));
    if old == new { String::new() } else { format!(": {old} → {new}") }
}

/// Names the first entry that differs, and counts the others. Returns `None` if a listing is missing, or if their
/// depths differ.
pub(super) fn describe_listings(old: &str, new: &str) -> Option<String> {
    let changed = changed(old, new)?;
    let ((first, change), more) = (changed.first()?, changed.len() - 1);
    Some(if more == 0 { format!("{first} {change}") } else { format!("{first} {change}, and {more} more") })
}

/// Returns the names of the entries that differ. Returns `None` without any, if a listing is missing, or if their
/// depths differ.
pub(super) fn changed_names(old: &str, new: &str) -> Option<Vec<String>> {
    let changed = changed(old, new)?;
    (!changed.is_empty()).then(|| changed.into_iter().map(|(name, _)| name.to_owned()).collect())
}

/// Returns the entries that differ, each with its change.
fn changed<'a>(old: &'a str, new: &'a str) -> Option<Vec<(&'a str, &'static str)>> {
    if old.lines().next()? != new.lines().next()? {
        return None;
    }
    let (old, new) = (entries(old), entries(new));
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let changes = names.into_iter().filter_map(|name| match (old.get(name), new.get(name)) {
        (Some(_), None) => Some((name, "is gone")),
        (None, Some(_)) => Some((name, "is new")),
        (old, new) => (old != new).then_some((name, "changed")),
    });
    Some(changes.collect())
}

/// Returns the names of a listing with their digests.
fn entries(listing: &str) -> BTreeMap<&str, &str> {
    ordered::collect(listing.lines().skip(1).filter_map(|line| line.rsplit_once(' ')))
}

#[cfg(test)]
mod tests {
    use crate::key::KeyInput;
    use crate::key::difference::describe;

    /// Returns key inputs of one kind, given their values and listings.
    fn inputs(kind: &str, all: &[(&str, &str)]) -> Vec<KeyInput> {
        let one =
            |(value, listing): &(&str, &str)| KeyInput::new(kind, (*value).to_owned()).with_note((*listing).to_owned());
        all.iter().map(one).collect()
    }

    #[test]
    fn inputs_are_paired_by_name() {
        let old = inputs("file", &[("a\t1", ""), ("b\t1", ""), ("c\t1", "")]);
        for (new, message) in [
            (vec![("a\t1", ""), ("b\t2", ""), ("c\t1", "")], "file b changed"),
            (vec![("a\t1", ""), ("c\t1", "")], "file b is no longer declared"),
            (vec![("a\t1", ""), ("b\t1", ""), ("c\t1", ""), ("d\t1", "")], "file d is now declared"),
            (vec![("a\t1", ""), ("c\t2", ""), ("d\t1", "")], {
                "file b is no longer declared; file c changed; file d is now declared"
            }),
        ] {
            assert_eq!(describe(&old, &inputs("file", &new)), message);
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
    fn an_optional_file_appears_and_disappears() {
        let (missing, present) = (inputs("file", &[("a", "")]), inputs("file", &[("a\t1", "")]));
        assert_eq!(describe(&missing, &present), "file a exists now");
        assert_eq!(describe(&present, &missing), "file a is missing now");
    }

    #[test]
    fn a_directory_names_the_first_file_that_differs() {
        let message = |old: &str, new: &str| {
            describe(&inputs("directory", &[("d\t1", old)]), &inputs("directory", &[("d\t2", new)]))
        };
        assert_eq!(message("all\na b 1\nc 1", "all\na b 2\nc 1"), "directory d changed: a b changed");
        assert_eq!(message("all", "all\na 2\nc 1"), "directory d changed: a is new, and 1 more");
        for (old, new) in
            [("all\na 1", "top\na 2"), ("", "all\na 1"), ("all\na 1", ""), ("", ""), ("all\na 1", "all\na 1")]
        {
            assert_eq!(message(old, new), "directory d changed");
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
}
