//! The identity of a suite and of an artifact's type: the place of their definition.
//!
//! The name of a type is not enough: two test files, or two modules of one file, may each define a suite `Smoke`. The
//! name of the crate is too much: test binaries that include one support module share artifacts, and each is a separate
//! crate.
//!
//! The name of a type contains its module. Only the fingerprint of the suite's code knows the file, because
//! `code_fingerprint!` records where it is called. For a type in the module of that call, or below it, the file
//! replaces the name of the crate. Any other type keeps the name of its crate.

use super::fingerprint::Code;

/// Returns the identity of the suite with the code `code`: package, file, and path of the type.
pub(crate) fn suite(code: &Code, type_name: &str) -> String {
    format!("{} {} {}", code.package, code.file, artifact(code, type_name))
}

/// Returns the path of a type. Each part that is defined in the module of `code`, or below it, lacks the name of its
/// crate.
pub(crate) fn artifact(code: &Code, type_name: &str) -> String {
    let mut identity = String::with_capacity(type_name.len());
    for part in parts(type_name) {
        identity.push_str(match part {
            Part::Path(path) => without_crate(code.module, path),
            Part::Punctuation(text) => text,
        });
    }
    identity
}

/// Returns the path of a type without any name of a crate: test files that include one module have separate types,
/// which differ in the name of the crate alone.
#[cfg(feature = "rkyv")]
pub(crate) fn without_crates(type_name: &str) -> String {
    let part = |part| match part {
        Part::Path(path) => path.split_once("::").map_or(path, |(_, within)| within),
        Part::Punctuation(text) => text,
    };
    parts(type_name).into_iter().map(part).collect()
}

fn without_crate<'a>(module: &str, path: &'a str) -> &'a str {
    let is_below = path.strip_prefix(module).is_some_and(|rest| rest.starts_with("::"));
    let krate = module.split("::").next().unwrap_or(module);
    let within = path.strip_prefix(krate).and_then(|rest| rest.strip_prefix("::"));
    within.filter(|_| is_below).unwrap_or(path)
}

/// A part of the name of a type, such as `alloc::vec::Vec` or `<`.
enum Part<'a> {
    Path(&'a str),
    Punctuation(&'a str),
}

/// Splits the name of a type into paths and the text between them.
fn parts(name: &str) -> Vec<Part<'_>> {
    let is_of_path = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_path = is_of_path(first);
        let end = rest.find(|character| is_of_path(character) != is_path).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(if is_path { Part::Path(part) } else { Part::Punctuation(part) });
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(file: &'static str, module: &'static str) -> Code {
        Code { package: "app", file, module, ..Code::EMPTY }
    }

    #[test]
    fn test_binaries_that_include_one_module_share_a_suite() {
        let (one, two) = (code("tests/support/mod.rs", "one::support"), code("tests/support/mod.rs", "two::support"));
        assert_eq!(suite(&one, "one::support::Smoke"), suite(&two, "two::support::Smoke"));
        assert_eq!(artifact(&one, "one::support::deep::Graph"), artifact(&two, "two::support::deep::Graph"));
    }

    #[test]
    fn suites_of_one_name_in_two_files_or_modules_differ() {
        let (one, two) = (code("tests/one.rs", "one"), code("tests/two.rs", "two"));
        assert_ne!(suite(&one, "one::Smoke"), suite(&two, "two::Smoke"));
        let (one, two) = (code("tests/t.rs", "t::one"), code("tests/t.rs", "t::two"));
        assert_ne!(suite(&one, "t::one::Smoke"), suite(&two, "t::two::Smoke"));
        let other = Code { package: "other", ..one };
        assert_ne!(suite(&one, "t::one::Smoke"), suite(&other, "t::one::Smoke"));
    }

    #[test]
    fn types_outside_the_module_keep_their_crate() {
        let support = code("tests/support/mod.rs", "one::support");
        // Two test files define different types of this name.
        assert_ne!(
            artifact(&support, "one::Names"),
            artifact(&code("tests/support/mod.rs", "two::support"), "two::Names")
        );
        assert_eq!(artifact(&support, "code_index::graph::Graph"), "code_index::graph::Graph");
        assert_eq!(artifact(&support, "one::supporting::Names"), "one::supporting::Names");
        // Two test files use one constant of a library.
        let shared = code("src/lib.rs", "app");
        assert_ne!(suite(&shared, "one::Smoke"), suite(&shared, "two::Smoke"));
    }

    #[cfg(feature = "rkyv")]
    #[test]
    fn types_of_one_module_in_two_test_files_have_one_path() {
        let path = |krate: &str| without_crates(&format!("alloc::vec::Vec<({krate}::common::Names, u8)>"));
        assert_eq!(path("a"), "vec::Vec<(common::Names, u8)>");
        assert_eq!(path("a"), path("b"));
    }

    #[test]
    fn every_path_in_a_generic_type_is_shortened() {
        let one = code("tests/one.rs", "one");
        assert_eq!(artifact(&one, "alloc::vec::Vec<(one::Names, &str)>"), "alloc::vec::Vec<(Names, &str)>");
    }
}
