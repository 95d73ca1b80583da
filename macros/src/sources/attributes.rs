//! Reads the attributes of an item.

use super::lexer::{Group, Token};

/// The last segments of the attributes that make a function a test or a benchmark, or that only tests have.
const TESTS: [&str; 14] = [
    "bench",
    "cached_smoke",
    "gtest",
    "ignore",
    "parameterized",
    "property_test",
    "proptest",
    "quickcheck",
    "rstest",
    "should_panic",
    "test",
    "test_case",
    "test_matrix",
    "wasm_bindgen_test",
];

/// The attribute of a function that builds an artifact.
pub(super) const ARTIFACT: &str = "artifact";

/// Returns the last segment of the path of each attribute. A `cfg_attr` stands for the attributes in it.
pub(crate) fn names<'a>(attributes: &[&'a Group]) -> Vec<&'a str> {
    attributes.iter().flat_map(|attribute| names_in(&attribute.tokens)).collect()
}

/// Returns `true` for the attributes of a test. A test cannot be an artifact as well.
pub(super) fn are_of_test(attributes: &[&Group]) -> bool {
    let names = names(attributes);
    names.iter().any(|name| TESTS.contains(name)) && !names.contains(&ARTIFACT)
}

fn names_in(attribute: &[Token]) -> Vec<&str> {
    let is_of_path = |token: &&Token| matches!(token, Token::Word(_)) || token.is_sign(':');
    let path = attribute.iter().take_while(is_of_path).count();
    let Some(Token::Word(name)) = attribute[..path].last() else { return Vec::new() };
    if name != "cfg_attr" {
        return vec![name];
    }
    let Some(Token::Group(group)) = attribute.get(path) else { return Vec::new() };
    group.tokens.split(|token| token.is_sign(',')).skip(1).flat_map(names_in).collect()
}

/// Returns the values of `path = "…"`, also within a `cfg_attr`, as they are written.
pub(super) fn paths(attributes: &[&Group]) -> Vec<String> {
    let mut found = Vec::new();
    for Group { tokens, .. } in attributes {
        for (at, token) in tokens.iter().enumerate() {
            match (token, tokens.get(at + 1), tokens.get(at + 2)) {
                (Token::Group(group), ..) => found.extend(paths(&[group])),
                (Token::Word(name), Some(equals), Some(Token::Literal(literal)))
                    if name == "path" && equals.is_sign('=') =>
                {
                    found.extend(syn::parse_str::<syn::LitStr>(literal).ok().map(|literal| literal.value()));
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;
    use proc_macro2::{Delimiter, TokenStream};
    use quote::quote;

    fn attribute(tokens: TokenStream) -> Group {
        Group { delimiter: Delimiter::Bracket, tokens: lexer::tokens(&tokens.to_string()).expect("Rust") }
    }

    #[test]
    fn attributes_of_tests_are_recognised() {
        for tokens in [
            quote!(test),
            quote!(::core::prelude::v1::test),
            quote!(tokio::test(flavor = "multi_thread")),
            quote!(cached_smoke::cached_smoke(repo = "one")),
            quote!(cfg_attr(not(miri), test)),
            quote!(cfg_attr(all(unix, test), allow(dead_code), rstest::rstest)),
            quote!(should_panic = "x"),
        ] {
            assert!(are_of_test(&[&attribute(tokens.clone())]), "{tokens}");
        }
        for tokens in [
            quote!(cfg(test)),
            quote!(cfg_attr(test, allow(dead_code))),
            quote!(fixture),
            quote!(doc = "test"),
            quote!(derive(test)),
            quote!(test::helper),
        ] {
            assert!(!are_of_test(&[&attribute(tokens.clone())]), "{tokens}");
        }
        let both = [attribute(quote!(test)), attribute(quote!(cached_smoke::artifact(directory)))];
        assert!(!are_of_test(&both.each_ref()));
    }

    #[test]
    fn paths_are_found_under_conditions() {
        assert_eq!(paths(&[&attribute(quote!(path = "../x.rs"))]), ["../x.rs"]);
        assert_eq!(paths(&[&attribute(quote!(cfg_attr(unix, path = r"y.rs", allow(unused))))]), ["y.rs"]);
        assert_eq!(paths(&[&attribute(quote!(doc = "path"))]), [""; 0]);
    }
}
