//! Resolves `mod x;` to a file, by the rules of the compiler.

use super::attributes;
use super::lexer::Group;

/// The place of a module. All names are relative to the package, or absolute, with `/` on every system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The directory of the source file.
    beside: String,
    /// The directory that the files of modules are relative to.
    directory: String,
    /// The directory below, in which the modules of `x.rs` are, but not those of `mod.rs`.
    below: Option<String>,
}

impl Place {
    /// Returns the place of a file that the compiler treats as `mod.rs`: a root, or one that is named by its path.
    pub(super) fn of_file(name: &str) -> Self {
        let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory);
        Self { beside: directory.to_owned(), directory: directory.to_owned(), below: None }
    }

    /// Returns the place of `x.rs`, which a parent declares as `mod x;`.
    fn of_module(name: &str, module: &str) -> Self {
        Self { below: Some(module.to_owned()), ..Self::of_file(name) }
    }

    /// Returns the places of `mod name { … }`. A `path` that depends on a `cfg` makes a second one.
    pub(super) fn inside(&self, name: &str, attributes: &[&Group]) -> Vec<Self> {
        let by_path = attributes::paths(attributes).into_iter().map(|path| join(&self.directory, &path));
        let by_name = join(&self.modules(), name);
        let place = |directory: String| Self { beside: self.beside.clone(), directory, below: None };
        by_path.chain([by_name]).map(place).collect()
    }

    /// Returns the files that may be meant by `mod name;`, each with the place of the modules in it.
    pub(super) fn files(&self, name: &str, attributes: &[&Group]) -> Vec<(String, Self)> {
        let by_path = attributes::paths(attributes).into_iter().map(|path| Self::in_file(join(&self.directory, &path)));
        let (file, directory) = (format!("{name}.rs"), format!("{name}/mod.rs"));
        let file = join(&self.modules(), &file);
        let place = Self::of_module(&file, name);
        by_path.chain([(file, place), Self::in_file(join(&self.modules(), &directory))]).collect()
    }

    /// Returns the file that `include!` names, with the place of its modules.
    pub(super) fn included(&self, path: &str) -> (String, Self) {
        Self::in_file(join(&self.beside, path))
    }

    fn in_file(name: String) -> (String, Self) {
        let place = Self::of_file(&name);
        (name, place)
    }

    fn modules(&self) -> String {
        self.below.as_ref().map_or_else(|| self.directory.clone(), |below| join(&self.directory, below))
    }
}

/// Returns `base/name` without `.` and empty parts. `..` stays: a directory may be a link.
fn join(base: &str, name: &str) -> String {
    if std::path::Path::new(name).is_absolute() {
        return name.to_owned();
    }
    let root = if base.starts_with('/') { "/" } else { "" };
    let parts = base.split('/').chain(name.split(['/', '\\'])).filter(|part| !part.is_empty() && *part != ".");
    root.to_owned() + &parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;
    use proc_macro2::{Delimiter, TokenStream};
    use quote::quote;

    fn files(place: &Place, name: &str) -> Vec<String> {
        place.files(name, &[]).into_iter().map(|(name, _)| name).collect()
    }

    fn attribute(tokens: TokenStream) -> Group {
        Group { delimiter: Delimiter::Bracket, tokens: lexer::tokens(&tokens.to_string()).expect("Rust") }
    }

    #[test]
    fn modules_are_beside_a_root_and_below_others() {
        let root = Place::of_file("tests/t.rs");
        assert_eq!(files(&root, "common"), ["tests/common.rs", "tests/common/mod.rs"]);
        let [(_, file), (_, directory)] = &root.files("common", &[])[..] else { panic!("two files") };
        assert_eq!(files(file, "x"), ["tests/common/x.rs", "tests/common/x/mod.rs"]);
        assert_eq!(files(directory, "x"), ["tests/common/x.rs", "tests/common/x/mod.rs"]);
        assert_eq!(file.included("y.rs").0, "tests/y.rs");
        assert_eq!(directory.included("y.rs").0, "tests/common/y.rs");
        assert_eq!(files(&Place::of_file("t.rs"), "x"), ["x.rs", "x/mod.rs"]);
        assert_eq!(files(&Place::of_file("/far/t.rs"), "x"), ["/far/x.rs", "/far/x/mod.rs"]);
    }

    #[test]
    fn inline_modules_are_directories() {
        let root = Place::of_file("src/lib.rs");
        let inside = &root.inside("a", &[])[0];
        assert_eq!(files(inside, "b"), ["src/a/b.rs", "src/a/b/mod.rs"]);
        assert_eq!(inside.included("y.rs").0, "src/y.rs");
        let (_, file) = &root.files("c", &[])[0];
        assert_eq!(files(&file.inside("d", &[])[0], "e"), ["src/c/d/e.rs", "src/c/d/e/mod.rs"]);
        let moved = &root.inside("a", &[&attribute(quote!(path = "far"))])[0];
        assert_eq!(files(moved, "b"), ["src/far/b.rs", "src/far/b/mod.rs"]);
    }

    #[test]
    fn paths_are_relative_to_the_directory_of_the_file() {
        let root = Place::of_file("tests/t.rs");
        let (name, place) = &root.files("x", &[&attribute(quote!(path = "../far/x.rs"))])[0];
        assert_eq!(name, "tests/../far/x.rs");
        assert_eq!(files(place, "y"), ["tests/../far/y.rs", "tests/../far/y/mod.rs"]);
        let (_, file) = &root.files("c", &[])[0];
        assert_eq!(file.files("x", &[&attribute(quote!(path = "x.rs"))])[0].0, "tests/x.rs");
        let conditional = root.files("x", &[&attribute(quote!(cfg_attr(unix, path = "unix.rs")))]);
        assert_eq!(conditional.len(), 3, "the default may be meant as well");
    }
}
