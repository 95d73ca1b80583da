//! Classifies the other attributes of the function, because their kind decides where the expansion puts them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, MetaNameValue, Path, Token};

/// The kind of an attribute. The kind of a `cfg_attr` is that of its attributes if they are all of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `#[test]` of the standard library.
    BuiltinTest,
    /// A test attribute of another crate, such as `#[tokio::test]`.
    ForeignTest,
    /// A second `#[cached_smoke]`.
    CachedSmoke,
    /// `#[artifact]`.
    Artifact,
    Cfg,
    Doc,
    Lint,
    /// Another attribute of the language.
    Inert,
    /// Any other attribute.
    Other,
}

impl Kind {
    /// Classifies an attribute by the last segments of its path.
    pub(crate) fn of(attribute: &Attribute) -> Self {
        Self::of_meta(&attribute.meta)
    }

    fn of_meta(meta: &Meta) -> Self {
        if let Some((_, conditional)) = conditional(meta) {
            let mut kinds = conditional.iter().map(Self::of_meta);
            let first = kinds.next().unwrap_or(Self::Cfg);
            return if kinds.all(|kind| kind == first) { first } else { Self::Other };
        }
        let path = meta.path();
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        match names.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["test"] | ["core" | "std", "prelude", .., "test"] => Self::BuiltinTest,
            // Only these: others such as `#[traced_test]` accompany a test attribute.
            [.., "test" | "gtest" | "rstest" | "test_case" | "test_matrix" | "wasm_bindgen_test"] => Self::ForeignTest,
            [.., "cached_smoke"] => Self::CachedSmoke,
            [.., "artifact"] => Self::Artifact,
            ["cfg"] => Self::Cfg,
            ["doc"] => Self::Doc,
            ["allow" | "expect" | "warn" | "deny" | "forbid"] => Self::Lint,
            ["ignore" | "should_panic" | "inline" | "cold" | "deprecated" | "must_use" | "track_caller"] => Self::Inert,
            _ => Self::Other,
        }
    }

    /// Returns `true` for a test attribute.
    pub(crate) fn is_test(self) -> bool {
        matches!(self, Self::BuiltinTest | Self::ForeignTest)
    }
}

/// Returns the expected panic message as an expression of type `Option<&'static str>`: `None` if no panic is expected.
pub(crate) fn should_panic(attributes: &[Attribute]) -> TokenStream {
    attributes
        .iter()
        .rev()
        .fold(quote!(::core::option::Option::None), |otherwise, attribute| should_panic_of(&attribute.meta, otherwise))
}

fn should_panic_of(meta: &Meta, otherwise: TokenStream) -> TokenStream {
    if let Some((predicate, conditional)) = conditional(meta) {
        let default = otherwise.to_string();
        let value = conditional.iter().rev().fold(otherwise.clone(), |rest, meta| should_panic_of(meta, rest));
        if value.to_string() == default {
            return otherwise;
        }
        return quote!(if ::core::cfg!(#predicate) { #value } else { #otherwise });
    }
    if !meta.path().is_ident("should_panic") {
        return otherwise;
    }
    let expected = expected_panic(meta).unwrap_or_default();
    quote!(::core::option::Option::Some(#expected))
}

/// Returns the text in `should_panic = "…"` or `should_panic(expected = "…")`.
fn expected_panic(meta: &Meta) -> Option<String> {
    match meta {
        Meta::NameValue(MetaNameValue { value: Expr::Lit(ExprLit { lit: Lit::Str(text), .. }), .. }) => {
            Some(text.value())
        }
        Meta::Path(_) | Meta::NameValue(_) => None,
        Meta::List(list) => {
            let expected = |input: ParseStream<'_>| {
                input.call(Path::parse_mod_style)?;
                input.parse::<Token![=]>()?;
                let text: LitStr = input.parse()?;
                input.parse::<Option<Token![,]>>()?;
                Ok(text)
            };
            expected.parse2(list.tokens.clone()).ok().map(|text| text.value())
        }
    }
}

/// Returns the predicate of a `cfg_attr`, and the attributes that depend on it.
fn conditional(meta: &Meta) -> Option<(Meta, Vec<Meta>)> {
    let Meta::List(list) = meta else { return None };
    if !list.path.is_ident("cfg_attr") {
        return None;
    }
    let mut metas = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone()).ok()?.into_iter();
    Some((metas.next()?, metas.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn test_attributes_are_recognised() {
        for builtin in [
            parse_quote!(#[test]),
            parse_quote!(#[core::prelude::v1::test]),
            parse_quote!(#[::core::prelude::v1::test]),
            parse_quote!(#[::std::prelude::rust_2024::test]),
            parse_quote!(#[cfg_attr(not(miri), test)]),
        ] {
            assert_eq!(Kind::of(&builtin), Kind::BuiltinTest);
        }
        for foreign in [
            parse_quote!(#[tokio::test]),
            parse_quote!(#[tokio::test(flavor = "multi_thread")]),
            parse_quote!(#[test_log::test]),
            parse_quote!(#[gtest]),
            parse_quote!(#[rstest::rstest]),
            parse_quote!(#[test_case(1; "one")]),
            parse_quote!(#[test_case::test_matrix([1, 2])]),
            parse_quote!(#[wasm_bindgen_test]),
            parse_quote!(#[sqlx::test]),
            parse_quote!(#[my::runtime::test]),
            parse_quote!(#[cfg_attr(unix, tokio::test)]),
        ] {
            assert_eq!(Kind::of(&foreign), Kind::ForeignTest);
        }
    }

    #[test]
    fn other_attributes_are_classified() {
        assert_eq!(Kind::of(&parse_quote!(#[traced_test])), Kind::Other);
        assert_eq!(Kind::of(&parse_quote!(#[serial])), Kind::Other);
        assert_eq!(Kind::of(&parse_quote!(#[ignore = "slow"])), Kind::Inert);
        assert_eq!(Kind::of(&parse_quote!(#[cached_smoke::cached_smoke(repo = "a")])), Kind::CachedSmoke);
        assert_eq!(Kind::of(&parse_quote!(#[cfg(unix)])), Kind::Cfg);
        assert_eq!(Kind::of(&parse_quote!(#[doc = "text"])), Kind::Doc);
        for lint in [
            parse_quote!(#[allow(dead_code)]),
            parse_quote!(#[expect(dead_code)]),
            parse_quote!(#[warn(dead_code)]),
            parse_quote!(#[deny(dead_code)]),
            parse_quote!(#[forbid(dead_code)]),
        ] {
            assert_eq!(Kind::of(&lint), Kind::Lint);
        }
        assert_eq!(Kind::of(&parse_quote!(#[cfg_attr(unix, allow(dead_code), deny(unused))])), Kind::Lint);
        assert_eq!(Kind::of(&parse_quote!(#[cfg_attr(unix, allow(dead_code), ignore)])), Kind::Other);
    }

    fn panics(attributes: &[Attribute]) -> String {
        should_panic(attributes).to_string().replace(' ', "")
    }

    #[test]
    fn expected_panic_messages_are_found() {
        assert_eq!(panics(&[parse_quote!(#[test])]), "::core::option::Option::None");
        assert_eq!(panics(&[parse_quote!(#[should_panic])]), r#"::core::option::Option::Some("")"#);
        assert_eq!(panics(&[parse_quote!(#[should_panic = "x"])]), r#"::core::option::Option::Some("x")"#);
        assert_eq!(panics(&[parse_quote!(#[should_panic(expected = "x")])]), r#"::core::option::Option::Some("x")"#);
        assert_eq!(panics(&[parse_quote!(#[should_panic(expected = "x",)])]), r#"::core::option::Option::Some("x")"#);
    }

    #[test]
    fn the_first_matching_condition_decides_the_panic() {
        let attributes = [
            parse_quote!(#[cfg_attr(unix, should_panic = "x")]),
            parse_quote!(#[cfg_attr(not(unix), should_panic = "y")]),
        ];
        assert_eq!(
            panics(&attributes),
            r#"if::core::cfg!(unix){::core::option::Option::Some("x")}else{if::core::cfg!(not(unix)){::core::option::Option::Some("y")}else{::core::option::Option::None}}"#
        );
    }

    #[test]
    fn conditional_panics_stay_conditional() {
        assert_eq!(
            panics(&[parse_quote!(#[cfg_attr(unix, ignore, should_panic = "x")])]),
            r#"if::core::cfg!(unix){::core::option::Option::Some("x")}else{::core::option::Option::None}"#
        );
        assert_eq!(panics(&[parse_quote!(#[cfg_attr(unix, ignore)])]), "::core::option::Option::None");
    }
}
