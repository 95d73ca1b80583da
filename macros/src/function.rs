//! Parses the function under the attribute, and keeps its tokens unchanged.

use crate::errors::Errors;
use crate::message;
use crate::tokens::mentions_placeholder;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, FnArg, PatType, Safety, Signature, Token, Visibility};

/// A function with a body.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// Not parsed: rustc does that, and a half-written line in an editor is not an error of this macro.
    pub(crate) body: Group,
}

impl Function {
    /// Parses the item under an attribute.
    ///
    /// # Errors
    ///
    /// Returns an error if `item` is not a function with a body.
    pub(crate) fn parse(item: TokenStream, attribute: &str) -> syn::Result<Self> {
        (|input: ParseStream<'_>| Self::parse_stream(input, attribute)).parse2(item)
    }

    fn parse_stream(input: ParseStream<'_>, attribute: &str) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !is_function(input) {
            let holds_functions = input.peek(Token![mod]) || input.peek(Token![impl]) || input.peek(Token![trait]);
            return Err(input.error(message::not_a_function(attribute, holds_functions)));
        }
        let signature = input.parse()?;
        match input.parse::<Option<TokenTree>>()?.map(ungrouped) {
            Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
                Ok(Self { attributes, visibility, signature, body })
            }
            _ => Err(syn::Error::new_spanned(&signature, message::function_without_body(attribute))),
        }
    }

    /// Returns the parameters without `self`.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &PatType> {
        self.signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(parameter),
            FnArg::Receiver(_) => None,
        })
    }

    /// Returns `true` if the type of a parameter contains `_`, which no signature may contain.
    pub(crate) fn has_open_parameters(&self) -> bool {
        self.parameters().any(|parameter| mentions_placeholder(parameter.ty.to_token_stream()))
    }
}

/// Adds an error for each qualifier that a function under an attribute cannot have.
pub(crate) fn check_qualifiers(signature: &Signature, attribute: &str, errors: &mut Errors) {
    if let Some(constness) = &signature.constness {
        errors.on(constness, message::qualifier(attribute, "const"));
    }
    if let Safety::Unsafe(unsafety) = &signature.safety {
        errors.on(unsafety, message::qualifier(attribute, "unsafe"));
    }
    if let Some(abi) = &signature.abi {
        errors.on(abi, message::qualifier(attribute, "extern"));
    }
    if let Some(variadic) = &signature.variadic {
        errors.on(variadic, message::variadic(attribute));
    }
}

/// Returns a signature whose parameters keep some of their attributes. Only a macro understands the others.
pub(crate) fn keeping_attributes(signature: &Signature, keeps: impl Fn(&Attribute) -> bool) -> Signature {
    let mut signature = signature.clone();
    for input in &mut signature.inputs {
        if let FnArg::Typed(parameter) = input {
            parameter.attrs.retain(&keeps);
        }
    }
    signature
}

/// Returns the token inside the invisible groups of `macro_rules!` variables such as `$body:block`.
fn ungrouped(token: TokenTree) -> TokenTree {
    if let TokenTree::Group(group) = &token
        && group.delimiter() == Delimiter::None
    {
        let mut inside = group.stream().into_iter();
        if let (Some(only), None) = (inside.next(), inside.next()) {
            return ungrouped(only);
        }
    }
    token
}

/// Returns `true` if a function starts here. The check rejects `const`, `unsafe` and `extern`.
fn is_function(input: ParseStream<'_>) -> bool {
    let fork = input.fork();
    while fork.peek(Token![const]) || fork.peek(Token![async]) || fork.peek(Token![unsafe]) {
        let _ = fork.parse::<TokenTree>();
    }
    if fork.peek(Token![extern]) {
        let _ = fork.call(syn::Abi::parse);
    }
    fork.peek(Token![fn])
}
