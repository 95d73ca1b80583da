use super::*;
use quote::quote;
use std::fs;
use tempfile::TempDir;

fn expand_alone(arguments: TokenStream, item: TokenStream) -> String {
    expand(arguments, item, None).to_string()
}

/// Compares as the compiler does: whitespace is nothing.
fn assert_expands(expansion: &str, expected: TokenStream) {
    assert_eq!(expansion, expected.to_string());
}

#[test]
fn a_function_becomes_a_test_with_the_original_inside() {
    let expansion = expand_alone(
        quote!(repo = "django", config = SmokeConfig { k: 2 }),
        quote! {
            /// Finds it.
            #[should_panic(expected = "lost")]
            pub(crate) fn finds_queryset(graph: &DependencyGraph, Repo { name }: &Repo) -> Outcome {
                graph.find(name)
            }
        },
    );
    assert_expands(
        &expansion,
        quote! {
            #[::core::prelude::v1::test]
            /// Finds it.
            #[should_panic(expected = "lost")]
            pub(crate) fn finds_queryset() -> Outcome {
                fn finds_queryset(graph: &DependencyGraph, Repo { name }: &Repo) -> Outcome {
                    graph.find(name)
                }
                match ::cached_smoke::__private::setup::<_, _>(
                    ::cached_smoke::__private::Test {
                        path: ::core::concat!(::core::module_path!(), "::finds_queryset"),
                        repo: "django",
                        should_panic: ::core::option::Option::Some("lost"),
                    },
                    || SmokeConfig { k: 2 },
                    &[
                        <DependencyGraph as ::cached_smoke::__private::Arg<_, _>>::prepare,
                        <Repo as ::cached_smoke::__private::Arg<_, _>>::prepare
                    ]
                ) {
                    ::core::result::Result::Ok(__session) => finds_queryset(
                        <DependencyGraph as ::cached_smoke::__private::Arg<_, _>>::get(&__session),
                        <Repo as ::cached_smoke::__private::Arg<_, _>>::get(&__session)
                    ),
                    ::core::result::Result::Err(__value) => __value,
                }
            }
        },
    );
}

#[test]
fn several_repositories_become_a_module_of_tests() {
    let expansion = expand_alone(
        quote!(repos = ["django", "scikit-learn"], suite = Smoke, crate = support::smoke),
        quote! {
            /// Serves.
            #[cfg(unix)]
            #[expect(unused)]
            #[tokio::test]
            #[ignore = "slow"]
            async fn many() { todo() }
        },
    );
    assert_expands(
        &expansion,
        quote! {
            #[cfg(test)]
            #[cfg(unix)]
            #[expect(unused)]
            async fn many(__test: support::smoke::__private::Test) {
                async fn many() { todo() }
                match support::smoke::__private::setup::<Smoke, _>(
                    __test,
                    || ::core::default::Default::default(),
                    &[]
                ) {
                    ::core::result::Result::Ok(__session) => many().await,
                    ::core::result::Result::Err(__value) => __value,
                }
            }

            #[cfg(test)]
            /// Serves.
            #[cfg(unix)]
            #[allow(non_snake_case, reason = "tests are named after repositories")]
            mod many {
                #[allow(unused_imports, reason = "for the names in attributes and in the return type, if any")]
                use super::*;

                /// Serves.
                #[cfg(unix)]
                #[tokio::test]
                #[ignore = "slow"]
                async fn django() {
                    super::many(support::smoke::__private::Test {
                        path: ::core::concat!(::core::module_path!(), "::django"),
                        repo: "django",
                        should_panic: ::core::option::Option::None,
                    }).await
                }
                /// Serves.
                #[cfg(unix)]
                #[tokio::test]
                #[ignore = "slow"]
                async fn scikit_learn() {
                    super::many(support::smoke::__private::Test {
                        path: ::core::concat!(::core::module_path!(), "::scikit_learn"),
                        repo: "scikit-learn",
                        should_panic: ::core::option::Option::None,
                    }).await
                }
            }
        },
    );
}

#[test]
fn the_bare_form_tests_all_that_the_file_lists_and_tracks_it() {
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
fn a_test_attribute_is_added_where_there_is_none() {
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
        "the one that was there"
    );
}

#[test]
fn a_rejected_function_is_emitted_beside_all_errors() {
    let expansion = expand_alone(
        quote!(rebo = "a", repo = 3),
        quote! {
            /// Documented.
            #[test]
            #[cached_smoke]
            #[ignore]
            fn f(g: Graph) { body(g) }
        },
    );
    assert_eq!(expansion.matches("compile_error !").count(), 4, "{expansion}");
    let rest = quote! {
        /// Documented.
        #[allow(dead_code, reason = "the test that would call it was not understood")]
        fn f(g: Graph) { body(g) }
    };
    assert!(expansion.ends_with(&rest.to_string()), "{expansion}");
}

#[test]
fn what_is_no_function_is_left_alone() {
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
        assert!(expansion.contains("goes on a function"), "{expansion}");
        assert!(expansion.ends_with(&item.to_string()), "{expansion}");
    }
}

#[test]
fn a_body_is_not_parsed() {
    let expansion = expand_alone(quote!(repo = "a"), quote!(fn f(g: &Graph) { g. }));
    assert!(!expansion.contains("compile_error"), "{expansion}");
}
