//! Parses the arguments of `#[cached_smoke(…)]`.

use crate::arguments::{self, is_repetition, path_value, skip_to_comma, string};
use crate::errors::Errors;
use crate::message;
use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, LitStr, Path, TypePath, bracketed, token};

/// The names of all arguments, in the order of the documentation.
const KNOWN: [&str; 5] = ["repo", "repos", "config", "suite", "crate"];

/// The well-formed arguments of one attribute.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) repositories: Repositories,
    pub(super) config: Option<Expr>,
    pub(super) suite: Option<TypePath>,
    pub(super) krate: Option<Path>,
}

/// The repositories on which the function is tested.
#[derive(Default)]
pub(super) enum Repositories {
    /// Neither `repo` nor `repos`: all repositories in `smoke.toml`.
    #[default]
    All,
    /// `repo = "…"`: the function itself becomes the test.
    One(LitStr),
    /// `repos = […]`: a module with a test for each.
    Several(Vec<LitStr>),
}

impl Arguments {
    /// Parses all arguments, and continues after errors.
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = arguments::parse(tokens, errors, Self::parse_one);
        // A rejected argument may have named repositories, so a missing `smoke.toml` is not a second error.
        if !errors.is_empty() && matches!(arguments.repositories, Repositories::All) {
            arguments.repositories = Repositories::Several(Vec::new());
        }
        arguments
    }

    fn parse_one(&mut self, input: ParseStream<'_>, seen: &mut Vec<Ident>, errors: &mut Errors) {
        let Some(name) = arguments::name(input, &KNOWN, "repo", errors) else { return };
        let text = name.unraw().to_string();
        let repeats = is_repetition(&name, seen, errors) || excludes_another(&name, seen, errors);
        seen.push(name.clone());
        // A repeated argument is parsed for its errors and then dropped.
        let target = if repeats { &mut Self::default() } else { self };
        target.parse_value(&name, &text, input, errors);
    }

    fn parse_value(&mut self, name: &Ident, text: &str, input: ParseStream<'_>, errors: &mut Errors) {
        if !arguments::has_value(name, input, errors) {
            return;
        }
        match text {
            "suite" => self.suite = path_value(input, text, errors, TypePath::parse),
            "crate" => self.krate = path_value(input, text, errors, Path::parse),
            "repos" if input.peek(token::Bracket) => self.repositories = Repositories::list(input, errors),
            _ => self.take_expression(input, text, errors),
        }
    }

    fn take_expression(&mut self, input: ParseStream<'_>, name: &str, errors: &mut Errors) {
        let Some(value) = arguments::expression(input, name, errors) else { return };
        match name {
            "repo" => self.repositories = Repositories::one(&value, errors),
            "repos" => self.repositories = Repositories::several(&value, errors),
            _ => self.config = Some(value),
        }
    }
}

impl Repositories {
    fn one(value: &Expr, errors: &mut Errors) -> Self {
        if let Some(name) = string(value) {
            return Self::One(name);
        }
        let several = matches!(value, Expr::Array(_));
        errors.on(
            value,
            if several { message::repo_takes_one_name().to_owned() } else { message::repo_takes_a_string() },
        );
        Self::Several(Vec::new())
    }

    /// Parses a value that is not a list in brackets. (`syn` looks into the invisible group of a `macro_rules!`
    /// variable.)
    fn several(value: &Expr, errors: &mut Errors) -> Self {
        errors.on(value, message::repos_takes_a_list(string(value).map(|name| name.value())));
        Self::Several(Vec::new())
    }

    fn list(input: ParseStream<'_>, errors: &mut Errors) -> Self {
        let mut names = Vec::new();
        if let Err(error) = names_in_list(input, errors, &mut names) {
            errors.push(error);
        }
        Self::Several(names)
    }
}

/// Returns `true` for `repo` together with `repos`, and adds an error at the second one.
fn excludes_another(name: &Ident, seen: &[Ident], errors: &mut Errors) -> bool {
    let is_seen = |other: &str| seen.iter().any(|earlier| earlier == other);
    let excludes = (name == "repo" && is_seen("repos")) || (name == "repos" && is_seen("repo"));
    if excludes {
        errors.on(name, message::repo_with_repos());
    }
    excludes
}

/// Parses the elements of a list, and continues after every error except an element that is not an expression.
fn names_in_list(input: ParseStream<'_>, errors: &mut Errors, names: &mut Vec<LitStr>) -> syn::Result<()> {
    let elements;
    bracketed!(elements in input);
    while !elements.is_empty() {
        let element: Expr = elements.parse()?;
        match string(&element) {
            Some(name) => names.push(name),
            None => errors.on(&element, message::repos_takes_strings()),
        }
        skip_to_comma(&elements, errors, message::expected_comma_between_names());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
