use super::*;
use quote::{ToTokens, quote};

fn parse(tokens: TokenStream) -> (Arguments, Vec<String>) {
    let mut errors = Errors::default();
    let arguments = Arguments::parse(tokens, &mut errors);
    (arguments, errors.messages())
}

fn accepted(tokens: TokenStream) -> Arguments {
    let (arguments, errors) = parse(tokens);
    assert_eq!(errors, [""; 0]);
    arguments
}

/// The only error.
fn rejection(tokens: TokenStream) -> String {
    let (_, mut errors) = parse(tokens);
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

#[test]
fn nothing_means_all_repositories() {
    assert!(matches!(accepted(quote!()).repositories, Repositories::All));
}

#[test]
fn every_argument_is_read() {
    let arguments = accepted(quote!(
        repo = "django",
        config = Config::<A, B> { k: [1, 2] },
        suite = my::Suite<A, B>,
        crate = ::some::path,
    ));
    assert!(matches!(arguments.repositories, Repositories::One(name) if name.value() == "django"));
    let text = |tokens: &dyn ToTokens| tokens.to_token_stream().to_string().replace(' ', "");
    assert_eq!(text(&arguments.config), "Config::<A,B>{k:[1,2]}");
    assert_eq!(text(&arguments.suite), "my::Suite<A,B>");
    assert_eq!(text(&arguments.krate), "::some::path");
}

#[test]
fn repos_is_a_list_of_names() {
    let Repositories::Several(names) = accepted(quote!(repos = ["a", "b",])).repositories else { panic!("a list") };
    assert_eq!(names.iter().map(LitStr::value).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn unknown_arguments_are_named_with_the_near_one() {
    assert_eq!(rejection(quote!(repository = f::<A, B>())), {
        "unknown argument `repository`; there are `repo`, `repos`, `config`, `suite`, `crate`"
    });
    assert_eq!(rejection(quote!(rebo = "a", suite = S)), "unknown argument `rebo`; did you mean `repo`?");
    assert_eq!(rejection(quote!(confg)), "unknown argument `confg`; did you mean `config`?");
}

#[test]
fn arguments_are_given_once() {
    assert!(rejection(quote!(suite = A, suite = B)).starts_with("`suite` is given twice"));
    assert!(rejection(quote!(repo = "a", repo = "b")).ends_with(r#"write `repos = ["…", "…"]`"#));
    assert!(rejection(quote!(repo = "a", repos = ["b"])).contains("exclude each other"));
    assert!(rejection(quote!(repos = ["a"], repo = "b")).contains("exclude each other"));
}

#[test]
fn the_first_of_two_counts() {
    let (arguments, _) = parse(quote!(repo = "a", repos = ["b"]));
    assert!(matches!(arguments.repositories, Repositories::One(name) if name.value() == "a"));
}

#[test]
fn values_of_the_wrong_kind_are_rejected_with_the_right_one() {
    assert!(rejection(quote!(repo = django)).ends_with(r#"`repo = "django"`"#));
    assert!(rejection(quote!(repo = ["a"])).contains("for several write `repos = […]`"));
    assert!(rejection(quote!(repos = "a")).contains(r#"`repos = ["a"]`, or `repo = "a"`"#));
    assert!(rejection(quote!(repos = 3)).contains("a list of string literals"));
    assert!(rejection(quote!(repos = ["a", 3])).contains("as string literals"));
    assert_eq!(rejection(quote!(suite = "Smoke")), "`suite` takes a path, without quotes: `suite = Smoke`");
    assert_eq!(rejection(quote!(suite = 3)), "`suite` takes a path: `suite = Smoke`");
    assert_eq!(rejection(quote!(crate = "x")), "`crate` takes a path, without quotes: `crate = x`");
}

#[test]
fn an_empty_list_is_rejected() {
    assert!(rejection(quote!(repos = [])).starts_with("`repos` is empty"));
}

#[test]
fn malformed_values_are_rejected_with_a_good_one() {
    let message = rejection(quote!(config = Config { k: }));
    assert!(message.starts_with("`config` cannot be read: "), "{message}");
    assert!(message.ends_with("; it is written `config = SmokeConfig::default()`"), "{message}");
}

#[test]
fn values_must_be_there() {
    assert_eq!(rejection(quote!(repo)), r#"`repo` needs a value: `repo = "django"`"#);
    assert_eq!(rejection(quote!(repo("django"))), r#"`repo` needs a value: `repo = "django"`"#);
    assert_eq!(rejection(quote!(config = , repo = "a")), "`config` needs a value: `config = SmokeConfig::default()`");
}

#[test]
fn arguments_have_names_and_commas() {
    assert_eq!(rejection(quote!("django")), r#"every argument has a name: write `repo = "django"`"#);
    assert_eq!(rejection(quote!(django)), r#"every argument has a name: write `repo = "django"`"#);
    assert!(rejection(quote!(3)).starts_with("every argument has a name; there are"));
    assert_eq!(rejection(quote!(repo = "a" suite = S)), "expected `,` between two arguments");
}

#[test]
fn all_errors_are_found_at_once() {
    let (arguments, errors) = parse(quote!("a", suit = S, repo = 3, config, crate = ::k, suite = +));
    assert_eq!(errors.len(), 5, "{errors:?}");
    assert!(arguments.krate.is_some());
}

#[test]
fn a_malformed_repository_does_not_mean_all() {
    let (arguments, _) = parse(quote!(repo = 3));
    assert!(matches!(arguments.repositories, Repositories::Several(names) if names.is_empty()));
    let (arguments, _) = parse(quote!(repos =));
    assert!(matches!(arguments.repositories, Repositories::Several(names) if names.is_empty()));
}

#[test]
fn a_name_alone_is_told_from_an_unknown_argument_wherever_it_stands() {
    assert_eq!(rejection(quote!(django, suite = S)), r#"every argument has a name: write `repo = "django"`"#);
}

#[test]
fn a_path_is_all_of_its_value() {
    assert_eq!(rejection(quote!(suite = Smoke::new())), "`suite` takes a path: `suite = Smoke`");
}

#[test]
fn a_list_may_come_from_a_macro() {
    let list = TokenTree::Group(proc_macro2::Group::new(proc_macro2::Delimiter::None, quote!(["a"])));
    assert!(matches!(accepted(quote!(repos = #list)).repositories, Repositories::Several(names) if names.len() == 1));
}
