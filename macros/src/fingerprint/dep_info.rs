//! Parses the compiler's list of the files that it read for a crate: `deps/NAME-HASH.d`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::shared::settings_mark;

/// The files and variables that a compiled crate depends on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DepInfo {
    /// Paths relative to the compiler's working directory, or absolute. The root of the crate comes first.
    pub(super) files: Vec<PathBuf>,
    /// The variables that `env!` and `option_env!` read. The value is `None` if a variable was not set.
    pub(super) variables: BTreeMap<String, Option<String>>,
}

impl DepInfo {
    /// Parses a list: a rule for each output, an empty rule for each file, a comment for each variable.
    pub(super) fn parse(text: &str) -> Self {
        let mut info = Self::default();
        for line in text.lines() {
            if let Some(variable) = line.strip_prefix("# env-dep:") {
                let (name, value) =
                    variable.split_once('=').map_or((variable, None), |(name, value)| (name, Some(value)));
                info.variables.insert(unescape(name), value.map(unescape));
            } else if let Some(file) = line.strip_suffix(':').filter(|_| !line.starts_with('#')) {
                let file = PathBuf::from(file.replace("\\ ", " "));
                if !settings_mark::is_mark(&file) {
                    info.files.push(file);
                }
            }
        }
        info
    }
}

/// Returns the root of the crate: the first file of the first rule.
pub(super) fn root(text: &str) -> Option<PathBuf> {
    // On Windows, a colon follows the drive letter as well.
    let (_, files) = text.lines().next()?.split_once(": ")?;
    let end = files.match_indices(' ').map(|(at, _)| at).find(|at| !files[..*at].ends_with('\\'));
    Some(PathBuf::from(files[..end.unwrap_or(files.len())].replace("\\ ", " ")))
}

/// Undoes the compiler's escapes in names and values of variables: `\\`, `\n`, `\r`.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn files_and_variables_are_parsed() {
        let text = "/t/app-1.d: src/lib.rs src/a\\ b.rs\n\n/t/libapp-1.rlib: src/lib.rs\n\nsrc/lib.rs:\nsrc/a\\ b.rs:\n\
                    /t/.cached-smoke-settings/1/2:\n\n\
                    # env-dep:GEN=one\\ntwo\\\\\n# env-dep:SCHEMA\n# env-dep:EMPTY=\n";
        let info = DepInfo::parse(text);
        assert_eq!(info.files, [Path::new("src/lib.rs"), Path::new("src/a b.rs")]);
        assert_eq!(root(text).as_deref(), Some(Path::new("src/lib.rs")));
        assert_eq!(root("/t/x-1.d: a\\ b.rs\n").as_deref(), Some(Path::new("a b.rs")));
        let variables: Vec<_> = info.variables.iter().map(|(name, value)| (&**name, value.as_deref())).collect();
        assert_eq!(variables, [("EMPTY", Some("")), ("GEN", Some("one\ntwo\\")), ("SCHEMA", None)]);
    }
}
