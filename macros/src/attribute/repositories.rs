//! Derives the tests from the requested repositories.

use super::arguments::Repositories;
use super::check::{self, Parameter};
use super::names;
use crate::artifact_functions::ArtifactFunctions;
use crate::errors::Errors;
use crate::message;
use crate::shared::name::check_repository;
use crate::shared::suggestion;
use crate::smoke_toml::{self, SmokeToml};
use crate::tokens::{argument_of, last_segment};
use proc_macro2::{Ident, Span, TokenStream};
use std::path::Path;
use syn::{LitStr, Type};

/// The tests to emit, and the settings on which they depend.
pub(super) struct Tests {
    pub(super) layout: Layout,
    /// Items that make cargo compile the tests again when the settings change.
    pub(super) track: TokenStream,
}

/// The arrangement of the tests.
pub(super) enum Layout {
    /// The function becomes the test on this repository.
    Function(LitStr),
    /// The function becomes a test without a repository.
    Alone,
    /// The function becomes one test over all of these repositories.
    Each(Vec<LitStr>),
    /// A module of tests, one for each repository.
    Module(Vec<(Ident, LitStr)>),
}

impl Tests {
    /// Checks every requested name, and compares it with `smoke.toml` if there is one.
    pub(super) fn resolve(
        asked: &Repositories,
        parameters: &[Parameter<'_>],
        manifest_dir: Option<&Path>,
        errors: &mut Errors,
    ) -> Self {
        let smoke_toml = manifest_dir.map_or(Ok(None), SmokeToml::find).unwrap_or_else(|message| {
            errors.at(Span::call_site(), message);
            None
        });
        if let Some(SmokeToml { path, repositories }) = &smoke_toml {
            check_listed(path, repositories.as_deref().unwrap_or_default(), errors);
        }
        let is_over_each = check::is_over_each(parameters);
        let layout = match asked {
            Repositories::One(name) => {
                check_name(name, smoke_toml.as_ref(), errors);
                if is_over_each { Layout::Each(vec![name.clone()]) } else { Layout::Function(name.clone()) }
            }
            Repositories::Several(names) => {
                for name in names {
                    check_name(name, smoke_toml.as_ref(), errors);
                }
                arranged(names, is_over_each, errors)
            }
            Repositories::All if needs_no_repository(parameters, smoke_toml.as_ref(), manifest_dir) => Layout::Alone,
            Repositories::All => arranged(&all(smoke_toml.as_ref(), errors), is_over_each, errors),
        };
        let track = manifest_dir.map(|directory| smoke_toml::track(smoke_toml.as_ref(), directory));
        Self { layout, track: track.unwrap_or_default() }
    }
}

fn arranged(names: &[LitStr], is_over_each: bool, errors: &mut Errors) -> Layout {
    let tests = identified(names, errors);
    if is_over_each {
        Layout::Each(names.to_vec())
    } else if tests.is_empty() {
        Layout::Alone
    } else {
        Layout::Module(tests)
    }
}

/// Returns `true` if a test that names no repository needs none.
///
/// Without a list of repositories, only a parameter `&Repo` or `&Each<…>` shows that the test needs one; the runtime
/// finds the artifacts that do.
fn needs_no_repository(
    parameters: &[Parameter<'_>],
    smoke_toml: Option<&SmokeToml>,
    manifest_dir: Option<&Path>,
) -> bool {
    let types = || parameters.iter().filter_map(Parameter::own_type);
    let is_named = |ty: &Type, name: &str| last_segment(ty).is_some_and(|last| last.ident == name);
    if check::is_over_each(parameters) || types().any(|ty| is_named(ty, "Repo")) {
        return false;
    }
    let lists_any = smoke_toml.and_then(|file| file.repositories.as_ref()).is_some_and(|names| !names.is_empty());
    if !lists_any {
        return true;
    }
    let artifacts = parameters.iter().filter_map(|one| Some((one.own_type()?, one.function())));
    let artifacts = artifacts.filter(|(ty, _)| !is_named(ty, "CacheReport"));
    let functions = ArtifactFunctions::of_current_crate(manifest_dir);
    let mut answers = artifacts.map(|(ty, function)| functions.takes_repository(artifact(ty), function)).peekable();
    answers.peek().is_some() && answers.all(|takes| takes == Some(false))
}

/// Returns the type that the function of an artifact returns: `T` for `Scratch<T>` and `Mapped<T>`.
fn artifact(ty: &Type) -> &Type {
    argument_of(ty, &["Scratch", "Mapped"]).map_or(ty, artifact)
}

/// Checks the names in `smoke.toml`, also those that this function does not test: the runtime rejects the whole file.
fn check_listed(path: &Path, repositories: &[String], errors: &mut Errors) {
    for message in repositories.iter().filter_map(|name| check_repository(name).err()) {
        errors.at(Span::call_site(), message::in_file(path, &message));
    }
}

fn check_name(name: &LitStr, smoke_toml: Option<&SmokeToml>, errors: &mut Errors) {
    let text = name.value();
    if let Err(message) = check_repository(&text) {
        errors.on(name, message);
    } else if let Some(SmokeToml { path, repositories: Some(known) }) = smoke_toml
        && !known.contains(&text)
    {
        let nearest = suggestion::nearest(&text, known.iter().map(String::as_str));
        errors.on(name, message::unknown_repository(&text, nearest, known, path));
    }
}

/// Returns every repository in `smoke.toml`. Without any, adds an error at the attribute.
fn all(smoke_toml: Option<&SmokeToml>, errors: &mut Errors) -> Vec<LitStr> {
    let here = Span::call_site();
    let Some(smoke_toml) = smoke_toml else {
        // An unreadable file is already an error.
        if errors.is_empty() {
            errors.at(here, message::no_smoke_toml());
        }
        return Vec::new();
    };
    let known = smoke_toml.repositories.as_deref().unwrap_or_default();
    if known.is_empty() {
        errors.at(here, message::no_repositories(&smoke_toml.path));
    }
    known.iter().map(|name| LitStr::new(name, here)).collect()
}

/// Pairs each valid name with the name of its test, which must be unique.
fn identified(names: &[LitStr], errors: &mut Errors) -> Vec<(Ident, LitStr)> {
    let mut tests: Vec<(Ident, LitStr)> = Vec::new();
    for name in names.iter().filter(|name| check_repository(&name.value()).is_ok()) {
        let identifier = names::identifier(&name.value(), name.span());
        match tests.iter().find(|(earlier, _)| *earlier == identifier) {
            Some((_, earlier)) if earlier.value() == name.value() => {
                errors.on(name, message::repository_twice(&name.value()));
            }
            Some((_, earlier)) => {
                let text = message::same_test_name(&earlier.value(), &name.value(), &identifier.to_string());
                errors.on(name, text);
            }
            None => tests.push((identifier, name.clone())),
        }
    }
    tests
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use syn::parse_quote;
    use tempfile::TempDir;

    /// Returns the names of the tests and the errors, with this `smoke.toml`.
    fn resolve(asked: &Repositories, smoke_toml: Option<&str>) -> (Vec<String>, Vec<String>) {
        resolve_for(&[], asked, smoke_toml)
    }

    fn resolve_for(
        parameters: &[Parameter<'_>],
        asked: &Repositories,
        smoke_toml: Option<&str>,
    ) -> (Vec<String>, Vec<String>) {
        let package = TempDir::new().expect("temporary directory");
        if let Some(text) = smoke_toml {
            fs::write(package.path().join("smoke.toml"), text).expect("smoke.toml");
        }
        let mut errors = Errors::default();
        let tests = Tests::resolve(asked, parameters, Some(package.path()), &mut errors);
        let names = match tests.layout {
            Layout::Function(name) => vec![name.value()],
            Layout::Alone => vec![],
            Layout::Each(names) => names.iter().map(LitStr::value).collect(),
            Layout::Module(tests) => tests.iter().map(|(name, _)| name.to_string()).collect(),
        };
        (names, errors.messages())
    }

    fn rejection(asked: &Repositories, smoke_toml: Option<&str>) -> String {
        rejection_of(&[], asked, smoke_toml)
    }

    fn rejection_of(parameters: &[Parameter<'_>], asked: &Repositories, smoke_toml: Option<&str>) -> String {
        let (_, mut errors) = resolve_for(parameters, asked, smoke_toml);
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.remove(0)
    }

    const LISTED: Option<&str> = Some("[repos.django]\n[repos.scikit-learn]\n");

    #[test]
    fn all_listed_repositories_are_tested() {
        let expected = (vec!["django".to_owned(), "scikit_learn".to_owned()], vec![]);
        assert_eq!(resolve(&Repositories::All, LISTED), expected);
    }

    #[test]
    fn any_valid_name_is_accepted_without_a_list() {
        let asked = Repositories::One(parse_quote!("flask"));
        assert_eq!(resolve(&asked, None).1, [""; 0]);
        assert_eq!(resolve(&asked, Some("[defaults]\n")).1, [""; 0]);
    }

    #[test]
    fn unknown_names_are_rejected_with_a_suggestion() {
        let near = rejection(&Repositories::One(parse_quote!("djagno")), LISTED);
        assert!(near.contains("did you mean `django`?"), "{near}");
        let far = rejection(&Repositories::Several(vec![parse_quote!("django"), parse_quote!("flask")]), LISTED);
        assert!(far.contains("`flask`") && far.contains("`django`, `scikit-learn`"), "{far}");
    }

    #[test]
    fn invalid_names_are_rejected() {
        let message = rejection(&Repositories::One(parse_quote!("a/b")), None);
        assert!(message.starts_with("invalid repository name `a/b`"), "{message}");
        let message = rejection(&Repositories::All, Some("[repos.\"a b\"]\n"));
        assert!(message.contains("`a b`") && message.contains("smoke.toml"), "{message}");
    }

    #[test]
    fn no_repository_is_called_all() {
        let message = rejection(&Repositories::One(parse_quote!("all")), None);
        assert!(message.contains("`all`"), "{message}");
        let message = rejection(&Repositories::One(parse_quote!("django")), Some("[repos.django]\n[repos.all]\n"));
        assert!(message.contains("`all`") && message.contains("smoke.toml"), "{message}");
    }

    #[test]
    fn test_names_are_unique() {
        let message = rejection(&Repositories::Several(vec![parse_quote!("a"), parse_quote!("a")]), None);
        assert!(message.contains("`a` is listed twice"), "{message}");
        let message = rejection(&Repositories::Several(vec![parse_quote!("a-b"), parse_quote!("a.b")]), None);
        assert!(message.contains("`a-b`") && message.contains("`a.b`") && message.contains("`a_b`"), "{message}");
    }

    #[test]
    fn without_a_list_the_test_has_no_repository() {
        assert_eq!(resolve(&Repositories::All, None), (vec![], vec![]));
        assert_eq!(resolve(&Repositories::All, Some("[repos]\n")), (vec![], vec![]));
        assert_eq!(resolve(&Repositories::Several(vec![]), LISTED), (vec![], vec![]));
        let message = rejection(&Repositories::All, Some("[repos"));
        assert!(message.contains("smoke.toml"), "{message}");
    }

    #[test]
    fn tests_that_take_a_repository_need_a_list() {
        for ty in [parse_quote!(Repo), parse_quote!(Each<Graph>)] {
            let message = rejection_of(&[Parameter::Reference(&ty, None)], &Repositories::All, None);
            assert_eq!(message, "no smoke.toml here or above; run `cargo smoke-cache init`");
            let message = rejection_of(&[Parameter::Reference(&ty, None)], &Repositories::All, Some("[repos]\n"));
            assert!(message.contains("lists none"), "{message}");
        }
    }

    #[test]
    fn one_test_runs_over_each_repository() {
        let ty = parse_quote!(Each<Graph>);
        let (names, errors) = resolve_for(&[Parameter::Reference(&ty, None)], &Repositories::All, LISTED);
        assert_eq!((names, errors), (vec!["django".to_owned(), "scikit-learn".to_owned()], vec![]));
    }
}
