use super::*;
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

fn check(item: TokenStream) -> (Vec<String>, Vec<String>) {
    check_with(&Arguments::default(), item)
}

fn check_with(arguments: &Arguments, item: TokenStream) -> (Vec<String>, Vec<String>) {
    let function = Function::parse(item).expect("a function");
    let mut errors = Errors::default();
    let referents = referents(&function, arguments, &mut errors);
    (referents.into_iter().map(text).collect(), errors.messages())
}

/// Returns the only error.
fn rejection(item: TokenStream) -> String {
    let (_, mut errors) = check(item);
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

#[test]
fn shared_references_of_any_pattern_are_accepted() {
    let (referents, errors) = check(quote! {
        fn f(graph: &DependencyGraph, Repo { name, .. }: &Repo, _: &Session<My, Vec<u8>>, (all): (&(dyn A + B))) {}
    });
    assert_eq!(errors, [""; 0]);
    assert_eq!(referents, ["DependencyGraph", "Repo", "Session<My, Vec<u8>>", "(dyn A + B)"]);
}

#[test]
fn other_parameters_are_rejected() {
    assert!(
        rejection(quote!(
            fn f(g: Graph<A, B>) {}
        ))
        .ends_with("write `&Graph<A, B>`")
    );
    assert!(
        rejection(quote!(
            fn f(g: *const Graph) {}
        ))
        .ends_with("write `&Graph`")
    );
    assert!(
        rejection(quote!(
            fn f(g: &mut Graph) {}
        ))
        .ends_with("write `&Graph`")
    );
    assert!(
        rejection(quote!(
            fn f(g: &'static Graph) {}
        ))
        .ends_with("write `&Graph`")
    );
    assert!(
        rejection(quote!(
            fn f(g: &impl Graph) {}
        ))
        .starts_with("`impl` does not determine")
    );
    assert!(
        rejection(quote!(
            fn f(g: &Vec<impl Graph>) {}
        ))
        .starts_with("`impl` does not determine")
    );
    assert!(
        rejection(quote!(
            fn f(g: &(_)) {}
        ))
        .starts_with("`_` does not determine")
    );
    assert!(
        rejection(quote!(
            fn f(g: &[impl Graph]) {}
        ))
        .starts_with("`impl` does not determine")
    );
    assert!(
        rejection(quote!(
            fn f(g: &mut dyn Graph) {}
        ))
        .ends_with("write `&dyn Graph`")
    );
    assert!(
        rejection(quote!(
            fn f(g: &_) {}
        ))
        .starts_with("`_` does not determine")
    );
    assert!(
        rejection(quote!(
            fn f(#[cfg(unix)] g: &Graph) {}
        ))
        .contains("cannot depend on a `cfg`")
    );
    assert!(
        rejection(quote!(
            fn f(&self) {}
        ))
        .contains("cannot take `self`")
    );
    assert!(
        rejection(quote!(
            fn f(self: Box<Self>, g: &Graph) {}
        ))
        .contains("cannot take `self`")
    );
}

#[test]
fn other_functions_are_rejected() {
    assert!(
        rejection(quote!(
            const fn f(g: &Graph) {}
        ))
        .contains("cannot be `const`")
    );
    assert!(
        rejection(quote!(
            unsafe fn f(g: &Graph) {}
        ))
        .contains("cannot be `unsafe`")
    );
    assert!(
        rejection(quote!(
            extern "C" fn f(g: &Graph) {}
        ))
        .contains("cannot be `extern`")
    );
    assert!(
        rejection(quote!(
            fn f(g: &Graph, ...) {}
        ))
        .contains("variadic")
    );
    assert!(
        rejection(quote!(
            fn f<T>(g: &T) {}
        ))
        .contains("cannot be generic")
    );
    assert!(
        rejection(quote!(
            fn f<const N: usize>(g: &Graph) {}
        ))
        .contains("cannot be generic")
    );
    assert!(
        rejection(quote!(
            fn f<'a>(g: &'a Graph) {}
        ))
        .contains("cannot have lifetime parameters")
    );
}

#[test]
fn async_tests_need_a_runtime() {
    assert!(
        rejection(quote!(
            async fn f(g: &Graph) {}
        ))
        .contains("#[tokio::test]")
    );
    assert!(
        rejection(quote!(
            #[test]
            async fn f(g: &Graph) {}
        ))
        .contains("#[tokio::test]")
    );
    assert!(
        check(quote!(
            #[tokio::test]
            async fn f(g: &Graph) {}
        ))
        .1
        .is_empty()
    );
}

#[test]
fn a_second_attribute_is_rejected() {
    assert!(
        rejection(quote!(
            #[cached_smoke(repo = "b")]
            fn f(g: &Graph) {}
        ))
        .contains("twice")
    );
}

#[test]
fn functions_without_parameters_must_name_the_suite() {
    assert!(
        rejection(quote!(
            fn finds() {}
        ))
        .starts_with("cannot infer the suite: `finds` has no parameters")
    );
    let arguments = Arguments { suite: Some(parse_quote!(Smoke)), ..Arguments::default() };
    assert!(
        check_with(
            &arguments,
            quote!(
                fn finds() {}
            )
        )
        .1
        .is_empty()
    );
}

#[test]
fn types_of_every_suite_do_not_determine_the_suite() {
    for item in [
        quote!(
            fn f(repo: &Repo, _: &cached_smoke::CacheReport) {}
        ),
        quote!(
            fn f(session: &Session<_>) {}
        ),
        quote!(
            fn f(repo: (&Repo)) {}
        ),
    ] {
        assert!(rejection(item.clone()).starts_with("cannot infer the suite"));
        let arguments = Arguments { suite: Some(parse_quote!(Smoke)), ..Arguments::default() };
        assert_eq!(check_with(&arguments, item).1, [""; 0]);
    }
    for item in [
        quote!(
            fn f(repo: &Repo, session: &Session<Smoke>) {}
        ),
        quote!(
            fn f(repo: &Repo<Git>) {}
        ),
    ] {
        assert_eq!(check(item).1, [""; 0]);
    }
}

#[test]
fn all_errors_are_found() {
    let (_, errors) = check(quote!(
        const unsafe fn f<T>(a: A, b: &mut B, c: &C) {}
    ));
    assert_eq!(errors.len(), 5, "{errors:?}");
}
