//! Parses the arguments of attributes: the parts that all have in common.

use crate::errors::Errors;
use crate::message;
use crate::shared::suggestion;
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Token};

/// Parses all arguments of an attribute by `parse_one`, which also gets the names before it. Continues after errors.
pub(crate) fn parse<A: Default>(
    tokens: TokenStream,
    errors: &mut Errors,
    parse_one: impl Fn(&mut A, ParseStream<'_>, &mut Vec<Ident>, &mut Errors),
) -> A {
    let parser = |input: ParseStream<'_>| {
        let mut arguments = A::default();
        let mut seen = Vec::new();
        while !input.is_empty() {
            parse_one(&mut arguments, input, &mut seen, errors);
            skip_to_comma(input, errors, message::expected_comma());
        }
        Ok(arguments)
    };
    parser.parse2(tokens).unwrap_or_else(|error| {
        errors.push(error);
        A::default()
    })
}

/// Parses the `=` before a value. Returns `false`, and adds an error, if there is no value.
pub(crate) fn has_value(name: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> bool {
    let has_value = input.parse::<Token![=]>().is_ok() && !input.is_empty() && !input.peek(Token![,]);
    if !has_value {
        errors.on(name, message::missing_value(&name.unraw().to_string()));
        skip_value(input);
    }
    has_value
}

/// Parses a value that is an expression.
pub(crate) fn expression(input: ParseStream<'_>, name: &str, errors: &mut Errors) -> Option<Expr> {
    let start = input.fork();
    match input.parse::<Expr>() {
        Ok(value) => Some(value),
        Err(error) => {
            reject_malformed(name, &error, &start, input, errors);
            None
        }
    }
}

/// Parses the name of an argument. Adds an error for an unknown name, and for a value without one: it most likely is
/// that of the argument `usual`.
pub(crate) fn name(input: ParseStream<'_>, known: &[&str], usual: &str, errors: &mut Errors) -> Option<Ident> {
    let Ok(name) = Ident::parse_any(input) else {
        reject_positional(input, known, usual, errors);
        return None;
    };
    let text = name.unraw().to_string();
    if known.contains(&text.as_str()) {
        return Some(name);
    }
    let nearest = suggestion::nearest(&text, known.iter().copied());
    let is_alone = input.is_empty() || input.peek(Token![,]);
    errors.on(
        &name,
        if is_alone && nearest.is_none() {
            message::argument_without_name(Some(text), known, usual)
        } else {
            message::unknown_argument(&text, nearest, known)
        },
    );
    skip_value(input);
    None
}

fn reject_positional(input: ParseStream<'_>, known: &[&str], usual: &str, errors: &mut Errors) {
    match input.parse::<Expr>() {
        Ok(value) => {
            let text = string(&value).map(|text| text.value());
            errors.on(&value, message::argument_without_name(text, known, usual));
        }
        Err(error) => {
            errors.push(error);
            skip_value(input);
        }
    }
}

/// Returns `true` if an argument is given twice, and adds an error at the second one.
pub(crate) fn is_repetition(name: &Ident, seen: &[Ident], errors: &mut Errors) -> bool {
    let repeats = seen.contains(name);
    if repeats {
        errors.on(name, message::argument_twice(&name.to_string()));
    }
    repeats
}

/// Parses the value of an argument that takes a path.
pub(crate) fn path_value<T>(
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
pub(crate) fn skip_value(input: ParseStream<'_>) {
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
pub(crate) fn skip_to_comma(input: ParseStream<'_>, errors: &mut Errors, message: &str) {
    if !input.is_empty() && !input.peek(Token![,]) {
        errors.at(input.span(), message);
        skip_value(input);
    }
    let _ = input.parse::<Option<Token![,]>>();
}

/// Returns the string literal in an expression.
pub(crate) fn string(value: &Expr) -> Option<LitStr> {
    match ungrouped(value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        _ => None,
    }
}

/// Returns the expression inside the invisible groups of `macro_rules!` variables.
pub(crate) fn ungrouped(value: &Expr) -> &Expr {
    match value {
        Expr::Group(group) => ungrouped(&group.expr),
        _ => value,
    }
}
