mod expansion;

use super::*;
use quote::quote;
use std::fs;
use tempfile::TempDir;

fn expand_alone(arguments: TokenStream, item: TokenStream) -> String {
    expand(arguments, item, None).to_string()
}

#[test]
fn without_arguments_all_listed_repositories_are_tested() {
    let package = TempDir::new().expect("temporary directory");
    let file = package.path().join("smoke.toml");
    fs::write(&file, "[repos.requests]\n[repos.django]\n").expect("smoke.toml");
    let expansion = expand(
        quote!(),
        quote!(
            fn all(g: &Graph) {}
        ),
        Some(package.path()),
    )
    .to_string();
    assert!(expansion.contains("fn django ()") && expansion.contains("fn requests ()"), "{expansion}");
    assert!(expansion.contains("include_bytes !") && expansion.contains(&format!("{file:?}")), "{expansion}");
}

#[test]
fn a_test_attribute_is_added_if_missing() {
    let added = "# [:: core :: prelude :: v1 :: test]";
    let with = |item| expand_alone(quote!(repo = "a"), item).matches(added).count();
    assert_eq!(
        with(quote!(
            fn f(g: &Graph) {}
        )),
        1
    );
    assert_eq!(
        with(quote!(
            #[ignore]
            #[traced_test]
            fn f(g: &Graph) {}
        )),
        1
    );
    assert_eq!(
        with(quote!(
            #[test]
            fn f(g: &Graph) {}
        )),
        0
    );
    assert_eq!(
        with(quote!(
            #[test_log::test]
            fn f(g: &Graph) {}
        )),
        0
    );
    assert_eq!(
        with(quote!(
            #[::core::prelude::v1::test]
            fn f(g: &Graph) {}
        )),
        1,
        "the one of the user"
    );
}

#[test]
fn rejected_functions_are_emitted_with_all_errors() {
    let expansion = expand_alone(
        quote!(rebo = "a", repo = 3),
        quote! {
            /// Documented.
            #[test]
            #[cached_smoke]
            #[cfg(unix)]
            #[ignore]
            #[expect(unused)]
            pub fn f(g: Repo) { body(g) }
        },
    );
    assert_eq!(expansion.matches("compile_error !").count(), 4, "{expansion}");
    let rest = quote! {
        /// Documented.
        #[cfg(unix)]
        #[expect(unused)]
        #[allow(dead_code, reason = "the test that calls it has errors")]
        pub fn f(g: Repo) { body(g) }
    };
    assert!(expansion.ends_with(&rest.to_string()), "{expansion}");
}

#[test]
fn other_items_are_emitted_unchanged() {
    for item in [
        quote!(
            struct X;
        ),
        quote!(
            fn f();
        ),
        quote!(
            mod m {}
        ),
        quote!(
            const X: u8 = 1;
        ),
    ] {
        let expansion = expand_alone(quote!(repo = "a"), item.clone());
        assert!(expansion.contains("can only be put on a function"), "{expansion}");
        assert!(expansion.ends_with(&item.to_string()), "{expansion}");
    }
}

#[test]
fn bodies_are_not_parsed() {
    let expansion = expand_alone(quote!(repo = "a"), quote!(fn f(g: &Graph) { g. }));
    assert!(!expansion.contains("compile_error"), "{expansion}");
}

#[test]
fn tests_keep_the_visibility() {
    let expansion = expand_alone(
        quote!(repo = "a"),
        quote!(
            pub(crate) fn f(g: &Graph) {}
        ),
    );
    assert!(expansion.contains("pub (crate) fn f ()"), "{expansion}");
}

#[test]
fn open_functions_keep_attributes_of_parameters() {
    let item = quote!(
        fn f(#[allow(unused)] s: &(Session<_>), g: &Graph) -> impl Termination {}
    );
    let expansion = expand_alone(quote!(repo = "a"), item);
    assert!(expansion.contains("# [allow (unused)] let s : & (Session < _ >) = "), "{expansion}");
    assert!(expansion.contains("(|| {"), "{expansion}");
}

#[test]
fn elided_lifetimes_are_not_open_types() {
    let expansion = expand_alone(
        quote!(repo = "a"),
        quote!(
            fn f(g: &Graph<'_>) {}
        ),
    );
    assert!(expansion.contains("fn f (g : & Graph < '_ >) { }"), "{expansion}");
}

#[test]
fn open_functions_keep_their_return_type() {
    let item = quote!(
        fn f(s: &Session<_>, g: &Graph) -> Result<(), E> {}
    );
    let expansion = expand_alone(quote!(repo = "a"), item);
    assert!(expansion.contains("|| -> Result < () , E > {"), "{expansion}");
}
