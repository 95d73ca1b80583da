//! The identity of a suite and of an artifact's type: the place where they are defined.
//!
//! Names of types are not enough: two test files, or two modules of one, may each define a suite `Smoke`. And the crate's name
//! is too much: test binaries that include one support module are to share artifacts, and each is a crate of its own.
//!
//! A type knows its module, by its name. Its file is known only by the fingerprint of the suite's code: `code_fingerprint!` records
//! where it is called. So the crate's name is left out for a type in the module of that call, or in one below it, and the file
//! takes its place. Any other type keeps its crate's name.

use crate::key::fingerprint::Code;

/// Returns the identity of a suite whose `CODE` is `code`: package, file, and the path of the type.
pub(crate) fn suite(code: &Code, type_name: &str) -> String {
    format!("{} {} {}", code.package, code.file, artifact(code, type_name))
}

/// Returns the path of a type, of which each part is without its crate if it is defined where `code` is, or below.
pub(crate) fn artifact(code: &Code, type_name: &str) -> String {
    let mut identity = String::with_capacity(type_name.len());
    for (is_path, part) in parts(type_name) {
        identity.push_str(if is_path { without_crate(code.module, part) } else { part });
    }
    identity
}

fn without_crate<'a>(module: &str, path: &'a str) -> &'a str {
    let is_below = path.strip_prefix(module).is_some_and(|rest| rest.starts_with("::"));
    let krate = module.split("::").next().unwrap_or(module);
    let within = path.strip_prefix(krate).and_then(|rest| rest.strip_prefix("::"));
    within.filter(|_| is_below).unwrap_or(path)
}

/// Splits the name of a type into paths and what stands between them.
fn parts(name: &str) -> Vec<(bool, &str)> {
    let is_of_path = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_path = is_of_path(first);
        let end = rest.find(|character| is_of_path(character) != is_path).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push((is_path, part));
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
    fn suites_of_one_name_in_two_files_or_modules_are_two() {
        let (one, two) = (code("tests/one.rs", "one"), code("tests/two.rs", "two"));
        assert_ne!(suite(&one, "one::Smoke"), suite(&two, "two::Smoke"));
        let (one, two) = (code("tests/t.rs", "t::one"), code("tests/t.rs", "t::two"));
        assert_ne!(suite(&one, "t::one::Smoke"), suite(&two, "t::two::Smoke"));
        let other = Code { package: "other", ..one };
        assert_ne!(suite(&one, "t::one::Smoke"), suite(&other, "t::one::Smoke"));
    }

    #[test]
    fn types_outside_of_the_module_keep_their_crate() {
        let support = code("tests/support/mod.rs", "one::support");
        // Defined by the test file, and by each in another way.
        assert_ne!(
            artifact(&support, "one::Names"),
            artifact(&code("tests/support/mod.rs", "two::support"), "two::Names")
        );
        assert_eq!(artifact(&support, "code_index::graph::Graph"), "code_index::graph::Graph");
        assert_eq!(artifact(&support, "one::supporting::Names"), "one::supporting::Names");
        // One constant of a library, used by two test files.
        let shared = code("src/lib.rs", "app");
        assert_ne!(suite(&shared, "one::Smoke"), suite(&shared, "two::Smoke"));
    }

    #[test]
    fn every_path_in_a_generic_type_counts() {
        let one = code("tests/one.rs", "one");
        assert_eq!(artifact(&one, "alloc::vec::Vec<(one::Names, &str)>"), "alloc::vec::Vec<(Names, &str)>");
    }
}
