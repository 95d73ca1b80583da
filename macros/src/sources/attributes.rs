//! Reads the attributes of an item.

use proc_macro2::{Group, TokenStream, TokenTree};

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
pub(crate) fn names(attributes: &[Group]) -> Vec<String> {
    attributes.iter().flat_map(|attribute| names_in(attribute.stream())).collect()
}

/// Returns `true` for the attributes of a test. A test cannot be an artifact as well.
pub(super) fn are_of_test(attributes: &[Group]) -> bool {
    let names = names(attributes);
    names.iter().any(|name| TESTS.contains(&name.as_str())) && !names.iter().any(|name| name == ARTIFACT)
}

fn names_in(attribute: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    let is_of_path = |token: &&TokenTree| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        _ => false,
    };
    let path: Vec<&TokenTree> = tokens.iter().take_while(is_of_path).collect();
    let Some(TokenTree::Ident(name)) = path.last() else { return Vec::new() };
    if name != "cfg_attr" {
        return vec![name.to_string()];
    }
    let Some(TokenTree::Group(group)) = tokens.get(path.len()) else { return Vec::new() };
    let conditional: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let parts = conditional.split(is_comma).skip(1);
    parts.flat_map(|part| names_in(part.iter().cloned().collect())).collect()
}

/// Returns the values of `path = "…"`, also within a `cfg_attr`, as they are written.
pub(super) fn paths(attributes: &[Group]) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in attributes {
        let tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match (token, tokens.get(at + 1), tokens.get(at + 2)) {
                (TokenTree::Group(group), ..) => found.extend(paths(std::slice::from_ref(group))),
                (TokenTree::Ident(name), Some(TokenTree::Punct(equals)), Some(TokenTree::Literal(literal)))
                    if name == "path" && equals.as_char() == '=' =>
                {
                    found.extend(
                        syn::parse_str::<syn::LitStr>(&literal.to_string()).ok().map(|literal| literal.value()),
                    );
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn attribute(tokens: TokenStream) -> [Group; 1] {
        [Group::new(proc_macro2::Delimiter::Bracket, tokens)]
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
            assert!(are_of_test(&attribute(tokens.clone())), "{tokens}");
        }
        for tokens in [
            quote!(cfg(test)),
            quote!(cfg_attr(test, allow(dead_code))),
            quote!(fixture),
            quote!(doc = "test"),
            quote!(derive(test)),
            quote!(test::helper),
        ] {
            assert!(!are_of_test(&attribute(tokens.clone())), "{tokens}");
        }
        let both = [attribute(quote!(test)), attribute(quote!(cached_smoke::artifact(directory)))].concat();
        assert!(!are_of_test(&both));
    }

    #[test]
    fn paths_are_found_under_conditions() {
        assert_eq!(paths(&attribute(quote!(path = "../x.rs"))), ["../x.rs"]);
        assert_eq!(paths(&attribute(quote!(cfg_attr(unix, path = r"y.rs", allow(unused))))), ["y.rs"]);
        assert_eq!(paths(&attribute(quote!(doc = "path"))), [""; 0]);
    }
}
