//! Names tests after repositories.

use proc_macro2::{Ident, Span};

/// Returns the name of the test for a repository with a valid name: `scikit-learn` becomes `scikit_learn`.
pub(super) fn identifier(name: &str, span: Span) -> Ident {
    let mut text: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        text.insert(0, '_');
    }
    match text.as_str() {
        "self" | "super" | "crate" | "Self" | "_" => Ident::new(&format!("{text}_"), span),
        // Reserved since edition 2024, but unknown to `syn`.
        "gen" => Ident::new_raw(&text, span),
        _ if syn::parse_str::<Ident>(&text).is_err() => Ident::new_raw(&text, span),
        _ => Ident::new(&text, span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_names_become_identifiers() {
        for (name, expected) in [
            ("django", "django"),
            ("Django", "Django"),
            ("scikit-learn", "scikit_learn"),
            ("ruamel.yaml", "ruamel_yaml"),
            ("3d", "_3d"),
            ("match", "r#match"),
            ("async", "r#async"),
            ("gen", "r#gen"),
            ("self", "self_"),
            ("Self", "Self_"),
            ("super", "super_"),
            ("crate", "crate_"),
            ("_", "__"),
            ("-", "__"),
        ] {
            assert_eq!(identifier(name, Span::call_site()).to_string(), expected);
        }
    }
}
