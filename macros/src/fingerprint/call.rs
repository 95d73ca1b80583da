//! Parses the call of `code_fingerprint!`.

use crate::errors::Errors;
use crate::message;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitStr, Token};

/// The argument that asks for a fingerprint by sources.
const PORTABLE: &str = "portable";
/// The argument that names the package that is being compiled.
pub(super) const OWN: &str = "own";

/// The crate that the wrapper belongs to, and the arguments of the user.
pub(super) struct Call {
    pub(super) krate: TokenStream,
    pub(super) portable: bool,
    pub(super) own: bool,
    pub(super) names: Vec<LitStr>,
}

/// The arguments of a call by their values.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arguments {
    portable: bool,
    own: bool,
    names: Vec<String>,
}

impl Call {
    /// Returns the arguments without their places in the source.
    pub(super) fn arguments(&self) -> Arguments {
        let names = self.names.iter().map(LitStr::value).collect();
        Arguments { portable: self.portable, own: self.own, names }
    }

    /// Parses `#krate; "dir", own, portable, …`.
    pub(super) fn parse(input: TokenStream, errors: &mut Errors) -> Self {
        let parser = |input: ParseStream<'_>| {
            let krate = tokens_until(input, |input| input.peek(Token![;]));
            input.parse::<Token![;]>()?;
            Self::without_arguments(krate).with_arguments(input, errors)
        };
        parser.parse2(input).unwrap_or_else(|error| {
            errors.push(error);
            Self::without_arguments(quote!(::cached_smoke))
        })
    }

    fn without_arguments(krate: TokenStream) -> Self {
        Self { krate, portable: false, own: false, names: Vec::new() }
    }

    fn with_arguments(mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        while !input.is_empty() {
            let fork = input.fork();
            let argument = tokens_until(input, |input| input.peek(Token![,]));
            let is_end = |fork: ParseStream<'_>| fork.is_empty() || fork.peek(Token![,]);
            if let Ok(word) = fork.parse::<Ident>() {
                let given = match word.to_string().as_str() {
                    PORTABLE => Some(&mut self.portable),
                    OWN => Some(&mut self.own),
                    _ => None,
                };
                match given.filter(|_| is_end(&fork)) {
                    Some(true) => errors.on(argument, message::word_twice(&word.to_string())),
                    Some(given) => *given = true,
                    None => errors.on(argument, message::name_is_not_a_literal()),
                }
            } else {
                match fork.parse::<LitStr>() {
                    Ok(literal) if is_end(&fork) => self.names.push(literal),
                    _ => errors.on(argument, message::name_is_not_a_literal()),
                }
            }
            input.parse::<Option<Token![,]>>()?;
        }
        if self.names.is_empty() && !self.own && errors.is_empty() {
            errors.at(Span::call_site(), message::no_names());
        }
        Ok(self)
    }
}

fn tokens_until(input: ParseStream<'_>, end: impl Fn(ParseStream<'_>) -> bool) -> TokenStream {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !end(input) {
        tokens.extend(input.parse::<TokenTree>());
    }
    tokens
}
