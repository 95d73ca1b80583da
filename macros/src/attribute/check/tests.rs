use super::*;
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

fn check(item: TokenStream) -> (Vec<String>, Vec<String>) {
    check_with(&Arguments::default(), item)
}

fn check_with(arguments: &Arguments, item: TokenStream) -> (Vec<String>, Vec<String>) {
    let function = Function::parse(item, "cached_smoke").expect("a function");
    let mut errors = Errors::default();
    let parameters = parameters(&function, arguments, &mut errors);
    let shown = parameters.iter().map(|parameter| match parameter {
        Parameter::Reference(ty, _) => format!("&{}", text(*ty)),
        Parameter::Value(ty, _) => text(*ty),
        Parameter::Foreign(parameter) => format!("foreign {}", text(&parameter.pat)),
    });
    (shown.collect(), errors.messages())
}

/// Returns the only error.
fn rejection(item: TokenStream) -> String {
    let (_, mut errors) = check(item);
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

#[test]
fn shared_references_of_any_pattern_are_accepted() {
    let (shown, errors) = check(quote! {
        fn f(graph: &DependencyGraph, Repo { name, .. }: &Repo, _: &Session<My, Vec<u8>>, (all): (&(dyn A + B))) {}
    });
    assert_eq!(errors, [""; 0]);
    assert_eq!(shown, ["&DependencyGraph", "&Repo", "&Session<My, Vec<u8>>", "&(dyn A + B)"]);
}

#[test]
fn artifacts_by_value_are_accepted() {
    let (shown, errors) = check(quote!(
        fn f(model: Graph<A, B>, mut shop: Scratch<Shop>) {}
    ));
    assert_eq!(errors, [""; 0]);
    assert_eq!(shown, ["Graph<A, B>", "Scratch<Shop>"]);
}

#[test]
fn parameters_of_other_attributes_are_left_to_them() {
    let (shown, errors) = check(quote!(
        fn f(graph: &Graph, #[case] x: u32, #[values(1, 2)] y: &str) {}
    ));
    assert_eq!(errors, [""; 0]);
    assert_eq!(shown, ["&Graph", "foreign x", "foreign y"]);
    for attribute in [quote!(#[rstest]), quote!(#[test_case(1)]), quote!(#[rstest::rstest])] {
        let (shown, errors) = check(quote!(#attribute fn f(graph: &Graph, x: u32, shop: Scratch<Shop>) {}));
        assert_eq!(errors, [""; 0]);
        assert_eq!(shown, ["&Graph", "foreign x", "Scratch<Shop>"]);
    }
    let (shown, errors) = check(quote!(
        #[rstest]
        fn f(#[artifact] small: Model, #[artifact(large)] x: &str) {}
    ));
    assert_eq!((shown, errors), (vec!["Model".to_owned(), "&str".to_owned()], vec![]));
}

#[test]
fn tests_over_each_repository_take_no_single_one() {
    assert!(
        rejection(quote!(
            fn f(all: &Each<Graph>, repo: &Repo) {}
        ))
        .contains("no single `&Repo`")
    );
}

#[test]
fn other_parameters_are_rejected() {
    assert!(
        rejection(quote!(
            fn f(r: Repo) {}
        ))
        .ends_with("write `&Repo`")
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
        .contains("or `mut files: Scratch<Graph>`")
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
        .contains("write `&dyn Graph`")
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
fn functions_without_parameters_are_rejected() {
    assert!(
        rejection(quote!(
            fn finds() {}
        ))
        .starts_with("`finds` has no parameters")
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
fn open_sessions_and_configurations_need_a_suite() {
    let suite = Arguments { suite: Some(parse_quote!(Smoke)), ..Arguments::default() };
    let open = quote!(
        fn f(session: &Session<_>, repo: &Repo) {}
    );
    assert!(rejection(open.clone()).starts_with("cannot infer the suite"));
    assert_eq!(check_with(&suite, open).1, [""; 0]);
    let repo = quote!(
        fn f(repo: (&Repo)) {}
    );
    assert_eq!(check(repo.clone()).1, [""; 0]);
    let config = Arguments { config: Some(parse_quote!(C)), ..Arguments::default() };
    assert!(check_with(&config, repo).1[0].starts_with("cannot infer the suite"));
    let of_suite = quote!(
        fn f(repo: &Repo<Git>, session: &Session<Smoke>) {}
    );
    assert_eq!(check_with(&config, of_suite).1, [""; 0]);
}

#[test]
fn all_errors_are_found() {
    let (_, errors) = check(quote!(
        const unsafe fn f<T>(a: Repo, b: &mut B, c: &C) {}
    ));
    assert_eq!(errors.len(), 5, "{errors:?}");
}
