//! The parts of a fingerprint: one value for each input that decides how the code compiled.

use super::digest::Digest;
use std::collections::BTreeMap;

/// The version of the parts. Change it whenever the same code gets other parts.
const FORMAT: &str = "cached-smoke code 2";

/// The kind of a part. The runtime reads its name to describe how two fingerprints differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The compiler's version.
    Compiler,
    /// The target of the compilation.
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
    /// Parts for messages alone. They name the change below a crate whose own part already shows that something
    /// changed.
    for_messages: BTreeMap<(Kind, String), String>,
}

/// The number of digits of a digest in messages: enough to show that it changed.
const SHOWN_DIGITS: usize = 8;
/// The number of files in messages. More files are shown as their directories.
const MAX_FILES: usize = 64;
/// The longest value in messages, in bytes. A longer value is shown as its digest.
const MAX_VALUE: usize = 64;

impl Parts {
    pub(super) fn add(&mut self, kind: Kind, name: impl Into<String>, value: impl Into<String>) {
        self.counted.insert((kind, name.into()), value.into());
    }

    /// Adds all parts of `other`.
    pub(super) fn extend(&mut self, other: Parts) {
        self.counted.extend(other.counted);
        self.for_messages.extend(other.for_messages);
    }

    pub(super) fn has(&self, kind: Kind, name: &str) -> bool {
        self.counted.contains_key(&(kind, name.to_owned()))
    }

    /// Adds a part that messages may name and that does not count in the digest.
    pub(super) fn add_for_messages(&mut self, kind: Kind, name: impl Into<String>, value: impl Into<String>) {
        self.for_messages.insert((kind, name.into()), value.into());
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

    /// Formats the parts for messages: one per line, with kind, name and value separated by tabs.
    pub(super) fn lines(&self) -> String {
        let mut shown: BTreeMap<(Kind, String), String> = self.for_messages.clone();
        shown.extend(self.counted.iter().map(|(part, value)| (part.clone(), value.clone())));
        for kind in [Kind::File, Kind::Generated] {
            while shown.keys().filter(|(of, _)| *of == kind).count() > MAX_FILES && merge_deepest(&mut shown, kind) {}
        }
        let line = |((kind, name), value): (&(Kind, String), &String)| {
            format!("{}\t{}\t{}", kind.name(), name.escape_debug(), short(value))
        };
        shown.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Replaces the files of the deepest directory by one part. Returns `false` if no file is in a directory.
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

/// Shortens a value for messages.
fn short(value: &str) -> String {
    let is_digest = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest {
        return value[..SHOWN_DIGITS].to_owned();
    }
    let escaped = value.escape_debug().to_string();
    if escaped.len() > MAX_VALUE {
        super::digest::of_bytes(value.as_bytes())[..SHOWN_DIGITS].to_owned()
    } else {
        escaped
    }
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
    fn digest_depends_on_kind_name_and_value_not_order() {
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
    fn parts_for_messages_do_not_change_the_digest() {
        let mut shown = parts(&[(Kind::Flag, "a", "1")]);
        shown.add_for_messages(Kind::Crate, "helper", "0");
        assert_eq!(shown.digest(), parts(&[(Kind::Flag, "a", "1")]).digest());
        assert_eq!(shown.lines(), "flag\ta\t1\ncrate\thelper\t0");
    }

    #[test]
    fn many_files_are_shown_as_their_directories() {
        let mut many = Parts::default();
        for number in 0..MAX_FILES {
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
    fn digests_and_long_values_are_shortened() {
        let long = "x".repeat(MAX_VALUE + 1);
        let lines =
            parts(&[(Kind::File, "a", &"ab".repeat(32)), (Kind::Variable, "b", "x\ty"), (Kind::Variable, "c", &long)]);
        let lines = lines.lines();
        let mut values = lines.lines().map(|line| line.rsplit('\t').next().unwrap_or_default());
        assert_eq!(values.next(), Some("x\\ty"));
        assert_eq!(values.next().map(str::len), Some(SHOWN_DIGITS));
        assert_eq!(values.next(), Some("abababab"));
    }
}
