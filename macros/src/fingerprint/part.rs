//! The parts of a fingerprint: one value for each thing that decides what was compiled.

use super::digest::Digest;
use std::collections::BTreeMap;

/// Changes whenever the same code gets other parts.
const FORMAT: &str = "cached-smoke code 2";

/// The kinds of parts. Their names are read by the runtime, which says in words how two fingerprints differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The compiler's version.
    Compiler,
    /// The target that was compiled for.
    Target,
    /// A flag of the compiler that can change what code does.
    Flag,
    /// A feature of a package.
    Feature,
    /// A variable that `env!` or `option_env!` reads.
    Variable,
    /// A package at a version.
    Package,
    /// A source file.
    File,
    /// A file that a build script wrote.
    Generated,
    /// Objects of other languages that a crate contains or links.
    Objects,
    /// A crate as it was compiled.
    Crate,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Compiler => "compiler",
            Self::Target => "target",
            Self::Flag => "flag",
            Self::Feature => "feature",
            Self::Variable => "variable",
            Self::Package => "package",
            Self::File => "file",
            Self::Generated => "generated",
            Self::Objects => "objects",
            Self::Crate => "crate",
        }
    }
}

/// The parts of one fingerprint, each under its kind and name.
#[derive(Debug, Default)]
pub(super) struct Parts {
    counted: BTreeMap<(Kind, String), String>,
    /// For messages alone: they name what changed below a crate whose own part already tells that something did.
    told: BTreeMap<(Kind, String), String>,
}

/// So many digits of a digest are shown: enough to tell that it changed.
const SHOWN: usize = 8;
/// More files than this are shown as their directories.
const MOST_FILES: usize = 64;
/// A longer value is shown as its digest.
const LONGEST: usize = 64;

impl Parts {
    pub(super) fn add(&mut self, kind: Kind, name: impl Into<String>, value: impl Into<String>) {
        self.counted.insert((kind, name.into()), value.into());
    }

    /// Adds all of another list.
    pub(super) fn extend(&mut self, other: Parts) {
        self.counted.extend(other.counted);
        self.told.extend(other.told);
    }

    pub(super) fn has(&self, kind: Kind, name: &str) -> bool {
        self.counted.contains_key(&(kind, name.to_owned()))
    }

    /// Adds a part that messages may name, and that is not part of the digest.
    pub(super) fn tell(&mut self, kind: Kind, name: impl Into<String>, value: impl Into<String>) {
        self.told.insert((kind, name.into()), value.into());
    }

    /// Returns the digest of all parts that count.
    pub(super) fn digest(&self) -> String {
        let mut digest = Digest::new(FORMAT);
        digest.list("parts", self.counted.len());
        for ((kind, name), value) in &self.counted {
            for text in [kind.name(), name, value] {
                digest.bytes(text.as_bytes());
            }
        }
        digest.finish()
    }

    /// Writes them for messages: a line each, of kind, name and value, separated by tabs.
    pub(super) fn lines(&self) -> String {
        let mut shown: BTreeMap<(Kind, String), String> = self.told.clone();
        shown.extend(self.counted.iter().map(|(part, value)| (part.clone(), value.clone())));
        for kind in [Kind::File, Kind::Generated] {
            while shown.keys().filter(|(of, _)| *of == kind).count() > MOST_FILES && merge_deepest(&mut shown, kind) {}
        }
        let line = |((kind, name), value): (&(Kind, String), &String)| {
            format!("{}\t{}\t{}", kind.name(), name.escape_debug(), short(value))
        };
        shown.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Replaces the files of the deepest directory by one part; tells whether there was any.
fn merge_deepest(shown: &mut BTreeMap<(Kind, String), String>, kind: Kind) -> bool {
    let depth = |name: &str| name.trim_end_matches('/').matches('/').count();
    let deepest = shown.keys().filter(|(of, _)| *of == kind).max_by_key(|(_, name)| depth(name));
    let Some((directory, _)) = deepest.and_then(|(_, name)| name.trim_end_matches('/').rsplit_once('/')) else {
        return false;
    };
    let directory = format!("{directory}/");
    let mut digest = Digest::new("directory");
    shown.retain(|(of, name), value| {
        let is_below = *of == kind && name.starts_with(&directory);
        if is_below {
            digest.bytes(name.as_bytes());
            digest.bytes(value.as_bytes());
        }
        !is_below
    });
    shown.insert((kind, directory), digest.finish());
    true
}

fn short(value: &str) -> String {
    let is_digest = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest {
        return value[..SHOWN].to_owned();
    }
    let escaped = value.escape_debug().to_string();
    if escaped.len() > LONGEST { super::digest::of_bytes(value.as_bytes())[..SHOWN].to_owned() } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(values: &[(Kind, &str, &str)]) -> Parts {
        let mut parts = Parts::default();
        for (kind, name, value) in values {
            parts.add(*kind, *name, *value);
        }
        parts
    }

    #[test]
    fn every_kind_name_and_value_counts_and_the_order_does_not() {
        let one = parts(&[(Kind::Flag, "a", "1"), (Kind::File, "b", "2")]);
        assert_eq!(one.digest(), parts(&[(Kind::File, "b", "2"), (Kind::Flag, "a", "1")]).digest());
        for other in [
            parts(&[(Kind::Flag, "a", "1")]),
            parts(&[(Kind::Flag, "a", "1"), (Kind::File, "b", "3")]),
            parts(&[(Kind::Flag, "a", "1"), (Kind::File, "c", "2")]),
            parts(&[(Kind::Feature, "a", "1"), (Kind::File, "b", "2")]),
        ] {
            assert_ne!(one.digest(), other.digest());
        }
    }

    #[test]
    fn parts_for_messages_alone_do_not_count() {
        let mut told = parts(&[(Kind::Flag, "a", "1")]);
        told.tell(Kind::Crate, "helper", "0");
        assert_eq!(told.digest(), parts(&[(Kind::Flag, "a", "1")]).digest());
        assert_eq!(told.lines(), "flag\ta\t1\ncrate\thelper\t0");
    }

    #[test]
    fn many_files_are_shown_as_their_directories() {
        let mut many = Parts::default();
        for number in 0..MOST_FILES {
            many.add(Kind::File, format!("src/deep/{number}.rs"), "1");
        }
        many.add(Kind::File, "src/lib.rs", "1");
        let before = many.lines();
        assert_eq!(before.lines().count(), 2, "{before}");
        assert!(before.lines().any(|line| line == "file\tsrc/lib.rs\t1"), "{before}");
        many.add(Kind::File, "src/deep/0.rs", "2");
        assert_ne!(before, many.lines());
    }

    #[test]
    fn digests_and_long_values_are_shown_in_short() {
        let long = "x".repeat(LONGEST + 1);
        let lines =
            parts(&[(Kind::File, "a", &"ab".repeat(32)), (Kind::Variable, "b", "x\ty"), (Kind::Variable, "c", &long)]);
        let lines = lines.lines();
        let mut values = lines.lines().map(|line| line.rsplit('\t').next().unwrap_or_default());
        assert_eq!(values.next(), Some("x\\ty"));
        assert_eq!(values.next().map(str::len), Some(SHOWN));
        assert_eq!(values.next(), Some("abababab"));
    }
}
