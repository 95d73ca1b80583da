mod expansion;

use super::*;
use quote::quote;

fn errors(arguments: TokenStream, item: TokenStream) -> Vec<String> {
    let mut errors = Errors::default();
    let arguments = Arguments::parse(arguments, &mut errors);
    match Function::parse(item, ATTRIBUTE) {
        Ok(function) => drop(check::definition(&function, &arguments, &mut errors)),
        Err(error) => errors.push(error),
    }
    errors.messages()
}

/// Returns the only error.
fn rejection(arguments: TokenStream, item: TokenStream) -> String {
    let mut errors = errors(arguments, item);
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

fn assert_accepted(arguments: TokenStream, item: TokenStream) {
    assert_eq!(errors(arguments, item), [""; 0]);
}

#[test]
fn inputs_of_all_kinds_are_accepted() {
    assert_accepted(
        quote!(suite = Smoke),
        quote!(
            fn index(
                repo: &Repo,
                graph: &Graph,
                words: Words,
                #[config] k: &u32,
                #[config(a.b)] (b): &B,
                p: &Progress,
            ) -> Index {
            }
        ),
    );
    assert_accepted(
        quote!(load = Index::open, directory, writable, relocatable, format = 2, key = |key| key.env("X")),
        quote!(
            fn index(dir: &Path) -> io::Result<Index> {}
        ),
    );
    assert_accepted(
        quote!(save = Index::save, load = Index::load, same = Index::same),
        quote!(
            fn index() -> Index {}
        ),
    );
    assert_accepted(
        quote!(codec = json, name = "other"),
        quote!(
            fn r#match() -> Vec<u8> {}
        ),
    );
}

#[test]
fn unknown_arguments_are_rejected() {
    assert!(
        rejection(
            quote!(sutie = S),
            quote!(
                fn a() -> A {}
            )
        )
        .ends_with("did you mean `suite`?")
    );
    assert!(
        rejection(
            quote!("graph"),
            quote!(
                fn a() -> A {}
            )
        )
        .ends_with("write `name = \"graph\"`")
    );
    assert!(
        rejection(
            quote!(writable = true),
            quote!(
                fn a() -> A {}
            )
        )
        .ends_with("write `writable`")
    );
    assert!(
        rejection(
            quote!(name),
            quote!(
                fn a() -> A {}
            )
        )
        .starts_with("`name` has no value")
    );
    assert!(
        rejection(
            quote!(codec = json, codec = json),
            quote!(
                fn a() -> A {}
            )
        )
        .contains("twice")
    );
    assert!(
        rejection(
            quote!(name = x),
            quote!(
                fn a() -> A {}
            )
        )
        .starts_with("`name` takes a string")
    );
    assert!(
        rejection(
            quote!(name = "a.b"),
            quote!(
                fn a() -> A {}
            )
        )
        .starts_with("invalid artifact name `a.b`")
    );
}

#[test]
fn the_return_type_is_the_artifact() {
    assert!(
        rejection(
            quote!(),
            quote!(
                fn a() {}
            )
        )
        .contains("add a return type")
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                fn a() -> () {}
            )
        )
        .contains("add a return type")
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                fn a() -> Result<(), E> {}
            )
        )
        .contains("add a return type")
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                fn a() -> impl Iterator<Item = u8> {}
            )
        )
        .contains("name the type")
    );
}

#[test]
fn files_are_written_and_read_by_one_party() {
    let with_directory = || {
        quote!(
            fn a(dir: &std::path::Path) -> A {}
        )
    };
    assert!(rejection(quote!(), with_directory()).contains("add `load = …`"));
    assert!(
        rejection(
            quote!(load = A::open),
            quote!(
                fn a() -> A {}
            )
        )
        .contains("nothing writes the files")
    );
    assert!(
        rejection(
            quote!(save = A::save),
            quote!(
                fn a() -> A {}
            )
        )
        .contains("nothing reads the files")
    );
    assert!(rejection(quote!(codec = json, load = A::open), with_directory()).contains("`codec` excludes"));
    assert!(
        rejection(
            quote!(directory),
            quote!(
                fn a() -> A {}
            )
        )
        .contains("write their own files")
    );
}

#[test]
fn parameters_name_their_input() {
    assert!(
        rejection(
            quote!(),
            quote!(
                fn a(b: &mut B) -> A {}
            )
        )
        .contains("mut value: B")
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                fn a(b: &impl B) -> A {}
            )
        )
        .contains("name the type")
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                fn a(&self) -> A {}
            )
        )
        .contains("cannot take `self`")
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                fn a(#[config] k: &u32) -> A {}
            )
        )
        .contains("needs a suite")
    );
    assert!(
        rejection(
            quote!(suite = S),
            quote!(
                fn a(#[config] (k): &(u8, u8)) -> A {}
            )
        )
        .contains("name a field")
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                fn a(#[case] k: &u32) -> A {}
            )
        )
        .contains("unknown attribute `case`")
    );
}

#[test]
fn functions_are_plain() {
    assert!(
        rejection(
            quote!(),
            quote!(
                fn a<T>() -> A {}
            )
        )
        .contains("cannot be generic")
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                unsafe fn a() -> A {}
            )
        )
        .starts_with("an artifact function cannot be `unsafe`")
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                #[cached_smoke]
                fn a() -> A {}
            )
        )
        .contains("either a test or an artifact")
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                #[artifact]
                fn a() -> A {}
            )
        )
        .contains("twice")
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                async fn a() -> A {}
            )
        )
        .contains("#[tokio::main")
    );
    assert_accepted(
        quote!(),
        quote!(
            #[tokio::main]
            async fn a() -> A {}
        ),
    );
    assert!(
        rejection(
            quote!(),
            quote!(
                struct A;
            )
        )
        .contains("fn model() -> Model")
    );
}

#[test]
fn all_errors_are_found() {
    let found = errors(
        quote!(sutie = S, name),
        quote!(
            const fn a<T>(b: &mut B, #[config] k: &u32) -> impl A {}
        ),
    );
    assert_eq!(found.len(), 7, "{found:?}");
}
