//! Finds the files and variables that Rust sources mention by literals: `env!("X")`, `include_str!("x")`,
//! `#[path = "x"]`.
//!
//! The compiler has not yet listed the files of the current crate, so its sources are searched as text. A mention in a
//! comment counts as well, which is harmless.

use std::collections::BTreeSet;
use std::path::Path;

/// The files and variables that one source mentions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mentions {
    /// The names of variables.
    pub(super) variables: BTreeSet<String>,
    /// The paths of files, relative to the source.
    pub(super) files: BTreeSet<String>,
    /// Those of `files` that are embedded as data: `include_str!("x")`.
    pub(super) embedded: BTreeSet<String>,
    /// The paths of files, relative to the package: `concat!(env!("CARGO_MANIFEST_DIR"), "/x")`.
    pub(super) files_of_package: BTreeSet<String>,
}

impl Mentions {
    /// Searches the text of a source.
    pub(super) fn of(source: &str) -> Self {
        let mut mentions = Self::default();
        // Finds both `env!` and `option_env!`.
        mentions.variables.extend(arguments(source, "env!"));
        for included in ["include!", "include_str!", "include_bytes!"] {
            mentions.files.extend(arguments(source, included));
            if included != "include!" {
                mentions.embedded.extend(arguments(source, included));
            }
            let of_package = openings(source, included).filter_map(|rest| {
                let (head, tail) = rest.strip_prefix("concat!")?.split_once(',')?;
                head.contains("env!(\"CARGO_MANIFEST_DIR\")").then(|| literal(tail))?
            });
            mentions.files_of_package.extend(of_package.map(|path| path.trim_start_matches('/').to_owned()));
        }
        let paths = source.split("path").skip(1).filter_map(|rest| literal(rest.trim_start().strip_prefix('=')?));
        mentions.files.extend(paths.filter(|path| is_rust(path)));
        mentions
    }
}

/// Returns `true` if a file of this name is Rust source.
pub(super) fn is_rust(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "rs")
}

/// Returns the first arguments of a macro that are string literals.
fn arguments<'a>(source: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    openings(source, name).filter_map(literal)
}

/// Returns the text after each opening delimiter of a macro of this name.
fn openings<'a>(source: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
    source.split(name).skip(1).filter_map(|rest| Some(rest.trim_start().strip_prefix(['(', '[', '{'])?.trim_start()))
}

/// Returns the string literal at the start of `text`.
fn literal(text: &str) -> Option<String> {
    let text = text.trim_start();
    let text = text.strip_prefix("r").filter(|rest| rest.starts_with(['"', '#'])).unwrap_or(text);
    let text = text.trim_start_matches('#').strip_prefix('"')?;
    let end = text.find('"')?;
    Some(text[..end].replace("\\\\", "\\"))
}

/// Returns `true` if a source declares a module of this name in another file: `mod name;`.
pub(super) fn declares(source: &str, module: &str) -> bool {
    let mut rest = source;
    while let Some(start) = rest.find("mod ") {
        let is_word = !rest[..start].ends_with(|before: char| before.is_alphanumeric() || before == '_');
        rest = &rest[start + 4..];
        let name = rest.trim_start().trim_start_matches("r#");
        if is_word && name.strip_prefix(module).is_some_and(|after| after.trim_start().starts_with(';')) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_in_all_spellings() {
        let mentions = Mentions::of(
            "include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/data/w\")) option_env!(\"A\") env! [ \"B\", \"why\" ] include_str!(\"../x.txt\") include!(r\"y.rs\") include_bytes! {r#\"z\"#}\n\
             #[path = \"../far/away.rs\"] mod away; env!(concat!(\"C\", \"D\")) std::env::var(\"E\") let path = \"notes\";",
        );
        assert_eq!(mentions.variables.iter().collect::<Vec<_>>(), ["A", "B", "CARGO_MANIFEST_DIR"]);
        assert_eq!(mentions.files_of_package.iter().collect::<Vec<_>>(), ["data/w"]);
        assert_eq!(mentions.files.iter().collect::<Vec<_>>(), ["../far/away.rs", "../x.txt", "y.rs", "z"]);
        assert_eq!(mentions.embedded.iter().collect::<Vec<_>>(), ["../x.txt", "z"]);
    }

    #[test]
    fn module_declarations_are_found() {
        for source in
            ["mod tests;", "#[cfg(test)]\npub(crate) mod tests ;", "mod testsuite; mod tests;", "mod r#tests;"]
        {
            assert!(declares(source, "tests"), "{source}");
        }
        for source in ["mod tests { }", "mod testsuite;", "notmod tests;", "// tests"] {
            assert!(!declares(source, "tests"), "{source}");
        }
    }
}
