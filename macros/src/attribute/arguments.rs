//! Parses the arguments of `#[cached_smoke(…)]`.

use crate::errors::Errors;
use crate::message;
use crate::shared::suggestion;
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, Token, TypePath, bracketed, token};

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
        let parser = |input: ParseStream<'_>| {
            let mut arguments = Self::default();
            let mut seen = Vec::new();
            while !input.is_empty() {
                arguments.parse_one(input, &mut seen, errors);
                skip_to_comma(input, errors, message::expected_comma());
            }
            Ok(arguments)
        };
        let mut arguments = parser.parse2(tokens).unwrap_or_else(|error| {
            errors.push(error);
            Self::default()
        });
        // A rejected argument may have named repositories, so a missing `smoke.toml` is not a second error.
        if !errors.is_empty() && matches!(arguments.repositories, Repositories::All) {
            arguments.repositories = Repositories::Several(Vec::new());
        }
        arguments
    }

    fn parse_one(&mut self, input: ParseStream<'_>, seen: &mut Vec<Ident>, errors: &mut Errors) {
        let Ok(name) = Ident::parse_any(input) else {
            return reject_positional(input, errors);
        };
        let text = name.unraw().to_string();
        if !KNOWN.contains(&text.as_str()) {
            let nearest = suggestion::nearest(&text, KNOWN);
            let is_alone = input.is_empty() || input.peek(Token![,]);
            errors.on(
                &name,
                if is_alone && nearest.is_none() {
                    message::argument_without_name(Some(text), &KNOWN)
                } else {
                    message::unknown_argument(&text, nearest, &KNOWN)
                },
            );
            return skip_value(input);
        }
        let repeats = is_repetition(&name, seen, errors);
        seen.push(name.clone());
        // A repeated argument is parsed for its errors and then dropped.
        let target = if repeats { &mut Self::default() } else { self };
        target.parse_value(&name, &text, input, errors);
    }

    fn parse_value(&mut self, name: &Ident, text: &str, input: ParseStream<'_>, errors: &mut Errors) {
        if input.parse::<Token![=]>().is_err() || input.is_empty() || input.peek(Token![,]) {
            errors.on(name, message::missing_value(text));
            return skip_value(input);
        }
        match text {
            "suite" => self.suite = path_value(input, text, errors, TypePath::parse),
            "crate" => self.krate = path_value(input, text, errors, Path::parse),
            "repos" if input.peek(token::Bracket) => self.repositories = Repositories::list(input, errors),
            _ => self.take_expression(input, text, errors),
        }
    }

    fn take_expression(&mut self, input: ParseStream<'_>, name: &str, errors: &mut Errors) {
        let start = input.fork();
        let value = match input.parse::<Expr>() {
            Ok(value) => value,
            Err(error) => return reject_malformed(name, &error, &start, input, errors),
        };
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

/// Parses the elements of a list, and continues after every error except an element that is not an expression.
fn names_in_list(input: ParseStream<'_>, errors: &mut Errors, names: &mut Vec<LitStr>) -> syn::Result<()> {
    let elements;
    let brackets = bracketed!(elements in input);
    if elements.is_empty() {
        errors.at(brackets.span.join(), message::repos_is_empty());
    }
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

/// Returns `true` if an argument is given twice, or `repo` together with `repos`, and adds an error at the second one.
fn is_repetition(name: &Ident, seen: &[Ident], errors: &mut Errors) -> bool {
    let is_seen = |other: &str| seen.iter().any(|earlier| earlier == other);
    if seen.contains(name) {
        errors.on(name, message::argument_twice(&name.to_string()));
    } else if (name == "repo" && is_seen("repos")) || (name == "repos" && is_seen("repo")) {
        errors.on(name, message::repo_with_repos());
    } else {
        return false;
    }
    true
}

/// Parses the value of an argument that takes a path.
fn path_value<T>(
    input: ParseStream<'_>,
    name: &str,
    errors: &mut Errors,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
) -> Option<T> {
    // As a type first: `Suite<A, B>` is a path, but not an expression.
    let fork = input.fork();
    if let Ok(path) = fork.call(parse)
        && (fork.is_empty() || fork.peek(Token![,]))
    {
        input.advance_to(&fork);
        return Some(path);
    }
    let start = input.fork();
    match input.parse::<Expr>() {
        Ok(value) => errors.on(&value, message::takes_a_path(name, string(&value).map(|text| text.value()))),
        Err(error) => reject_malformed(name, &error, &start, input, errors),
    }
    None
}

fn reject_positional(input: ParseStream<'_>, errors: &mut Errors) {
    match input.parse::<Expr>() {
        Ok(value) => {
            errors.on(&value, message::argument_without_name(string(&value).map(|name| name.value()), &KNOWN));
        }
        Err(error) => {
            errors.push(error);
            skip_value(input);
        }
    }
}

fn reject_malformed(
    name: &str,
    error: &syn::Error,
    start: ParseStream<'_>,
    input: ParseStream<'_>,
    errors: &mut Errors,
) {
    // At the end of input, there is no token to mark, so the last token of the value is marked.
    let last = start.parse::<TokenStream>().ok().and_then(|value| value.into_iter().last());
    let span = last.filter(|_| input.is_empty()).map_or_else(|| error.span(), |last| last.span());
    errors.at(span, message::malformed_value(name, error));
    skip_value(input);
}

/// Skips the rest of an argument that was rejected.
fn skip_value(input: ParseStream<'_>) {
    // As an expression if possible: the comma in `f::<A, B>()` does not end it.
    if input.parse::<Option<Token![=]>>().is_ok() {
        let fork = input.fork();
        if fork.parse::<Expr>().is_ok() {
            input.advance_to(&fork);
        }
    }
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<TokenTree>();
    }
}

/// Skips to the end of an argument, which is a comma.
fn skip_to_comma(input: ParseStream<'_>, errors: &mut Errors, message: &str) {
    if !input.is_empty() && !input.peek(Token![,]) {
        errors.at(input.span(), message);
        skip_value(input);
    }
    let _ = input.parse::<Option<Token![,]>>();
}

/// Returns the string literal in an expression.
fn string(value: &Expr) -> Option<LitStr> {
    match ungrouped(value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        _ => None,
    }
}

/// Returns the expression inside the invisible groups of `macro_rules!` variables.
fn ungrouped(value: &Expr) -> &Expr {
    match value {
        Expr::Group(group) => ungrouped(&group.expr),
        _ => value,
    }
}

#[cfg(test)]
mod tests;
