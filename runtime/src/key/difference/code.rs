//! The changes between two fingerprints of code: the crate, file, feature, flag or variable.
//!
//! The notes of the key inputs `code` and `files` list the parts of the fingerprint. The first line lists the named
//! directories and files. Each other line is a part: its kind, name and value, separated by tabs.

use std::collections::{BTreeMap, BTreeSet};

use crate::key::key_input::KeyInput;
use crate::key::shorten::join;
use crate::ordered;

/// The kinds of parts as the macro writes them, the most informative first.
const KINDS: &[&str] =
    &["compiler", "target", "flag", "feature", "variable", "package", "file", "generated", "objects", "crate"];

/// The value of each part, by kind and name.
type Parts<'a> = BTreeMap<(usize, &'a str), &'a str>;

/// Describes the changes, given the key inputs that are in one key only.
pub(super) fn describe(old: &[&KeyInput], new: &[&KeyInput]) -> String {
    let (before, after) = (parts(old), parts(new));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    let changes: Vec<String> = names
        .into_iter()
        .filter(|part| before.get(part) != after.get(part))
        .map(|part| change(part, before.get(&part).copied(), after.get(&part).copied()))
        .collect();
    // An entry of an earlier version has no parts.
    if changes.is_empty() || before.is_empty() != after.is_empty() {
        // Without named files in the new key, those of the old one are no longer named.
        return match named(new) {
            names if names.is_empty() => format!("code changed: {} is no longer named", named(old)),
            names => format!("code changed: {names}"),
        };
    }
    format!("code changed: {}", join(changes))
}

/// Returns the named directories and files.
fn named(key_inputs: &[&KeyInput]) -> String {
    let first = |key_input: &&&KeyInput| key_input.note.lines().next().unwrap_or_default().to_owned();
    let names: BTreeSet<String> =
        ordered::collect(key_inputs.iter().map(|one| first(&one)).filter(|names| !names.is_empty()));
    names.into_iter().collect::<Vec<_>>().join(", ")
}

fn parts<'a>(key_inputs: &[&'a KeyInput]) -> Parts<'a> {
    let lines = key_inputs.iter().flat_map(|key_input| key_input.note.lines().skip(1));
    let part = |line: &'a str| {
        let mut fields = line.split('\t');
        let kind = fields.next()?;
        let kind = KINDS.iter().position(|known| *known == kind)?;
        Some(((kind, fields.next()?), fields.next()?))
    };
    lines.filter_map(part).collect()
}

fn change((kind, name): (usize, &str), old: Option<&str>, new: Option<&str>) -> String {
    let shown = |value: &str| match value.strip_prefix('=') {
        Some(value) => format!("\"{value}\""),
        None => value.to_owned(),
    };
    let subject = match KINDS[kind] {
        "generated" => format!("generated file {name}"),
        "objects" => format!("objects of crate {name}"),
        kind if name.is_empty() => kind.to_owned(),
        kind => format!("{kind} {name}"),
    };
    match (KINDS[kind], old, new) {
        ("feature", None, _) => format!("{subject} is on"),
        ("feature", Some(_), _) => format!("{subject} is off"),
        ("compiler" | "target" | "flag" | "variable" | "package", Some(old), Some(new)) => {
            format!("{subject} {} → {}", shown(old), shown(new))
        }
        (_, Some(_), Some(_)) => format!("{subject} changed"),
        (_, None, _) => format!("{subject} is new"),
        (_, Some(_), None) => format!("{subject} is gone"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(name: &str, parts: &[&str]) -> KeyInput {
        let note = format!("src, tests\n{}", parts.join("\n"));
        KeyInput::new(name, parts.concat()).with_note(note)
    }

    #[test]
    fn each_kind_of_part_has_its_message() {
        for (old, new, message) in [
            ("crate\tapp\t1", "crate\tapp\t2", "crate app changed"),
            ("file\tsrc/a.rs\t1", "file\tsrc/a.rs\t2", "file src/a.rs changed"),
            ("file\tsrc/a.rs\t1", "file\tsrc/b.rs\t1", "file src/a.rs is gone, file src/b.rs is new"),
            ("target\t\thost", "target\t\thost\nfeature\tfancy\ton", "feature fancy is on"),
            ("feature\tfancy\ton", "target\t\thost", "target is new, feature fancy is off"),
            ("flag\tdebug-assertions\ton", "flag\tdebug-assertions\toff", "flag debug-assertions on → off"),
            ("variable\tSCHEMA\tunset", "variable\tSCHEMA\t=two", "variable SCHEMA unset → \"two\""),
            ("package\th2\t0.4.0", "package\th2\t0.4.1", "package h2 0.4.0 → 0.4.1"),
            ("compiler\t\trustc 1.95.0", "compiler\t\trustc 1.96.0", "compiler rustc 1.95.0 → rustc 1.96.0"),
            ("generated\tapp/gen.rs\t1", "generated\tapp/gen.rs\t2", "generated file app/gen.rs changed"),
            ("objects\tapp\t1", "objects\tapp\t2", "objects of crate app changed"),
        ] {
            let (old, new) = (code("code", &[old]), code("code", &[new]));
            assert_eq!(describe(&[&old], &[&new]), format!("code changed: {message}"));
        }
    }

    #[test]
    fn informative_parts_come_first_and_many_are_counted() {
        let crates = |value: u32| ["a", "b", "c"].map(|name| format!("crate\t{name}\t{value}")).join("\n");
        let old = code("code", &[&crates(1), "feature\tfancy\ton"]);
        let new = code("code", &[&crates(2)]);
        let message = "code changed: feature fancy is off, crate a changed, crate b changed, and 1 more";
        assert_eq!(describe(&[&old], &[&new]), message);
    }

    #[test]
    fn code_and_files_are_one_change() {
        let (old, new) = (code("code", &["crate\ta\t1"]), code("code", &["crate\ta\t2"]));
        let (old_files, new_files) = (code("files", &["file\tx\t1"]), code("files", &["file\tx\t2"]));
        let message = "code changed: file x changed, crate a changed";
        assert_eq!(describe(&[&old, &old_files], &[&new, &new_files]), message);
    }

    #[test]
    fn names_that_only_the_old_key_has_are_shown() {
        let message = "code changed: src, tests is no longer named";
        assert_eq!(describe(&[&code("files", &["file\tx\t1"])], &[]), message);
    }

    #[test]
    fn an_entry_without_parts_shows_the_names() {
        let old = KeyInput::new("code", "1".to_owned()).with_note("src".to_owned());
        assert_eq!(describe(&[&old], &[&code("code", &["crate\ta\t1"])]), "code changed: src, tests");
    }
}
