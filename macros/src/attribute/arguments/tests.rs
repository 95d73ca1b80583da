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

/// Returns the only error.
fn rejection(tokens: TokenStream) -> String {
    let (_, mut errors) = parse(tokens);
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

#[test]
fn no_arguments_mean_all_repositories() {
    assert!(matches!(accepted(quote!()).repositories, Repositories::All));
}

#[test]
fn every_argument_is_parsed() {
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
fn unknown_arguments_are_rejected_with_a_suggestion() {
    assert_eq!(rejection(quote!(repository = f::<A, B>())), {
        "unknown argument `repository`\nhelp: use one of `repo`, `repos`, `config`, `suite`, `crate`"
    });
    assert_eq!(rejection(quote!(rebo = "a", suite = S)), "unknown argument `rebo`\nhelp: did you mean `repo`?");
    assert_eq!(rejection(quote!(confg)), "unknown argument `confg`\nhelp: did you mean `config`?");
}

#[test]
fn arguments_are_given_once() {
    assert!(rejection(quote!(suite = A, suite = B)).starts_with("`suite` is given twice"));
    assert!(rejection(quote!(repo = "a", repo = "b")).ends_with(r#"write `repos = ["…", "…"]`"#));
    assert!(rejection(quote!(repo = "a", repos = ["b"])).contains("exclude each other"));
    assert!(rejection(quote!(repos = ["a"], repo = "b")).contains("exclude each other"));
}

#[test]
fn the_first_of_two_arguments_wins() {
    let (arguments, _) = parse(quote!(repo = "a", repos = ["b"]));
    assert!(matches!(arguments.repositories, Repositories::One(name) if name.value() == "a"));
}

#[test]
fn wrong_kinds_of_values_are_rejected_with_an_example() {
    assert!(rejection(quote!(repo = django)).ends_with(r#"`repo = "django"`"#));
    assert!(rejection(quote!(repo = ["a"])).contains("for several repositories, write `repos = […]`"));
    assert!(rejection(quote!(repos = "a")).ends_with(r#"`repos = ["a"]`"#));
    assert!(rejection(quote!(repos = 3)).contains("a list of string literals"));
    assert!(rejection(quote!(repos = ["a", 3])).contains("a list of string literals"));
    assert_eq!(
        rejection(quote!(suite = "Smoke")),
        "`suite` takes a path, not a string\nhelp: remove the quotes: `suite = Smoke`"
    );
    assert_eq!(rejection(quote!(suite = 3)), "`suite` takes a path\nhelp: write it as in `suite = Smoke`");
    assert_eq!(
        rejection(quote!(crate = "x")),
        "`crate` takes a path, not a string\nhelp: remove the quotes: `crate = x`"
    );
}

#[test]
fn empty_lists_are_rejected() {
    assert!(matches!(accepted(quote!(repos = [])).repositories, Repositories::Several(names) if names.is_empty()));
}

#[test]
fn malformed_values_are_rejected_with_an_example() {
    let message = rejection(quote!(config = Config { k: }));
    assert!(message.starts_with("the value of `config` is malformed: "), "{message}");
    assert!(message.ends_with("\nhelp: write it as in `config = SmokeConfig::default()`"), "{message}");
}

#[test]
fn values_are_required() {
    assert_eq!(rejection(quote!(repo)), "`repo` has no value\nhelp: write `repo = \"django\"`");
    assert_eq!(rejection(quote!(repo("django"))), "`repo` has no value\nhelp: write `repo = \"django\"`");
    assert_eq!(
        rejection(quote!(config = , repo = "a")),
        "`config` has no value\nhelp: write `config = SmokeConfig::default()`"
    );
}

#[test]
fn names_and_commas_are_required() {
    assert_eq!(rejection(quote!("django")), "argument without a name\nhelp: write `repo = \"django\"`");
    assert_eq!(rejection(quote!(django)), "argument without a name\nhelp: write `repo = \"django\"`");
    assert!(rejection(quote!(3)).starts_with("argument without a name\nhelp: use one of"));
    assert_eq!(rejection(quote!(repo = "a" suite = S)), "expected `,` between two arguments");
}

#[test]
fn all_errors_are_found() {
    let (arguments, errors) = parse(quote!("a", suit = S, repo = 3, config, crate = ::k, suite = +));
    assert_eq!(errors.len(), 5, "{errors:?}");
    assert!(arguments.krate.is_some());
}

#[test]
fn malformed_repositories_do_not_mean_all() {
    let (arguments, _) = parse(quote!(repo = 3));
    assert!(matches!(arguments.repositories, Repositories::Several(names) if names.is_empty()));
    let (arguments, _) = parse(quote!(repos =));
    assert!(matches!(arguments.repositories, Repositories::Several(names) if names.is_empty()));
}

#[test]
fn lone_names_are_arguments_without_name() {
    assert_eq!(rejection(quote!(django, suite = S)), "argument without a name\nhelp: write `repo = \"django\"`");
}

#[test]
fn paths_span_the_whole_value() {
    assert_eq!(rejection(quote!(suite = Smoke::new())), "`suite` takes a path\nhelp: write it as in `suite = Smoke`");
}

#[test]
fn lists_may_come_from_macro_variables() {
    let list = proc_macro2::TokenTree::Group(proc_macro2::Group::new(proc_macro2::Delimiter::None, quote!(["a"])));
    assert!(matches!(accepted(quote!(repos = #list)).repositories, Repositories::Several(names) if names.len() == 1));
}
