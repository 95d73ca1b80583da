//! Recognises a root without code: a test file that only has tests, and names what they use.
//!
//! Each file in `tests/` is a separate crate. Two of them that include one support module build the same artifacts, if
//! nothing in the files themselves can change what the module does.

use syn::{Attribute, Item};

/// The attributes that do not change what code does.
const NEUTRAL: [&str; 6] = ["allow", "deny", "doc", "expect", "forbid", "warn"];

/// Returns `true` if a source, without its tests, only declares modules and uses names. Other files notice neither,
/// unless they mention `crate` or `super`.
pub(super) fn only_declares(code: &str) -> bool {
    syn::parse_file(code).is_ok_and(|file| are_neutral(&file.attrs) && file.items.iter().all(declares))
}

fn declares(item: &Item) -> bool {
    match item {
        Item::Use(used) => are_neutral(&used.attrs),
        Item::Mod(module) => {
            let content = module.content.iter().flat_map(|(_, items)| items);
            are_neutral(&module.attrs) && content.into_iter().all(declares)
        }
        _ => false,
    }
}

/// Returns `false` for an attribute such as `#[path]`, `#[cfg]` or `#[macro_use]`.
fn are_neutral(attributes: &[Attribute]) -> bool {
    attributes.iter().all(|attribute| NEUTRAL.iter().any(|name| attribute.path().is_ident(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_uses_are_no_code() {
        for code in [
            "",
            "//! Documented.\n#![allow(dead_code)]",
            "mod common; use std::fs;",
            "pub use a::b as c; #[expect(unused)] mod m { use x; mod n {} }",
        ] {
            assert!(only_declares(code), "{code}");
        }
        for code in [
            "fn helper() {}",
            "mod m { const A: u8 = 1; }",
            "impl Visit for u8 {}",
            "macro_rules! m { () => {} }",
            "#[macro_use] extern crate x;",
            "#[path = \"x.rs\"] mod m;",
            "#[cfg(unix)] use a::b;",
            "#![recursion_limit = \"256\"]",
            "m! {}",
            "not Rust",
        ] {
            assert!(!only_declares(code), "{code}");
        }
    }
}
