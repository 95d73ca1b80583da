//! The files and variables that Rust sources mention by literals: `env!("X")`, `include_str!("x")`, `#[path = "x"]`.
//!
//! For a crate that is still being compiled there is no list of what the compiler read. Its sources are searched as text:
//! a mention in a comment counts as well, which does no harm.

use std::collections::BTreeSet;
use std::path::Path;

/// The literals in one source.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mentions {
    /// Names of variables.
    pub(super) variables: BTreeSet<String>,
    /// Paths of files, relative to the source.
    pub(super) files: BTreeSet<String>,
    /// Paths of files, relative to the package: `concat!(env!("CARGO_MANIFEST_DIR"), "/x")`.
    pub(super) files_of_package: BTreeSet<String>,
}

impl Mentions {
    pub(super) fn of(source: &str) -> Self {
        let mut mentions = Self::default();
        // Both `env!` and `option_env!`.
        mentions.variables.extend(arguments(source, "env!"));
        for included in ["include!", "include_str!", "include_bytes!"] {
            mentions.files.extend(arguments(source, included));
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

/// Tells whether a file of this name is Rust source.
pub(super) fn is_rust(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "rs")
}

/// The string literals that are the first argument of a macro.
fn arguments<'a>(source: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    openings(source, name).filter_map(literal)
}

/// The text after each opening delimiter of a macro of this name.
fn openings<'a>(source: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
    source.split(name).skip(1).filter_map(|rest| Some(rest.trim_start().strip_prefix(['(', '[', '{'])?.trim_start()))
}

/// The string literal that `text` begins with.
fn literal(text: &str) -> Option<String> {
    let text = text.trim_start();
    let text = text.strip_prefix("r").filter(|rest| rest.starts_with(['"', '#'])).unwrap_or(text);
    let text = text.trim_start_matches('#').strip_prefix('"')?;
    let end = text.find('"')?;
    Some(text[..end].replace("\\\\", "\\"))
}

/// Tells whether a source declares a module of this name in a file of its own: `mod name;`.
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
    fn literals_are_found_in_all_their_spellings() {
        let mentions = Mentions::of(
            "include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/data/w\")) option_env!(\"A\") env! [ \"B\", \"why\" ] include_str!(\"../x.txt\") include!(r\"y.rs\") include_bytes! {r#\"z\"#}\n\
             #[path = \"../far/away.rs\"] mod away; env!(concat!(\"C\", \"D\")) std::env::var(\"E\") let path = \"notes\";",
        );
        assert_eq!(mentions.variables.iter().collect::<Vec<_>>(), ["A", "B", "CARGO_MANIFEST_DIR"]);
        assert_eq!(mentions.files_of_package.iter().collect::<Vec<_>>(), ["data/w"]);
        assert_eq!(mentions.files.iter().collect::<Vec<_>>(), ["../far/away.rs", "../x.txt", "y.rs", "z"]);
    }

    #[test]
    fn declarations_of_modules_in_files_are_found() {
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
