//! What the test returns, given what the function returns.
//!
//! A test that is skipped must return something, too. Of `()`, a `Result` and `ExitCode` there is a value that means
//! "passed"; anything else that is `Termination` is reported inside the test, which returns an `ExitCode`. The first three are
//! left as they are, because the attributes of other crates may insist on them; unless they borrow from the parameters, which
//! the test does not have.

use super::tokens::may_borrow;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, ReturnType, Type};

#[derive(Clone, Copy)]
pub(super) enum Output<'a> {
    /// The function's own, nothing included.
    Same(&'a ReturnType),
    /// The function never returns; a test that is skipped does.
    Nothing,
    /// An exit code.
    Reported(&'a Type),
}

impl<'a> Output<'a> {
    pub(super) fn of(output: &'a ReturnType) -> Self {
        match output {
            ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)) => Self::Nothing,
            ReturnType::Type(_, ty) if !is_known(ty) || may_borrow(ty.to_token_stream()) => Self::Reported(ty),
            known => Self::Same(known),
        }
    }

    /// `-> T`, for the test.
    pub(super) fn declaration(self, krate: &TokenStream) -> TokenStream {
        match self {
            Self::Same(output) => output.to_token_stream(),
            Self::Nothing => TokenStream::new(),
            Self::Reported(_) => quote!(-> #krate::__private::ExitCode),
        }
    }

    /// The test's value, made of the function's.
    pub(super) fn value(self, krate: &TokenStream, call: TokenStream) -> TokenStream {
        match self {
            Self::Reported(ty) => {
                // Placed on the type, where rustc then says that it is not `Termination`.
                let value = Ident::new("__value", ty.span().resolved_at(Span::mixed_site()));
                quote!({
                    let #value = #call;
                    #krate::__private::report(#value)
                })
            }
            Self::Same(_) | Self::Nothing => call,
        }
    }
}

/// Whether the type's name says that it is one of the three: an alias of `Result` is called `…Result`.
fn is_known(ty: &Type) -> bool {
    match ty {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name == "ExitCode" || name.ends_with("Result") && has_known_value(&last.arguments)
        }),
        Type::Group(group) => is_known(&group.elem),
        Type::Paren(paren) => is_known(&paren.elem),
        _ => false,
    }
}

/// Whether what the `Result` is of is known, too. An alias may not say it; then it is most likely `()`.
fn has_known_value(arguments: &PathArguments) -> bool {
    match arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(value)) => is_known(value),
            _ => true,
        },
        PathArguments::None | PathArguments::Parenthesized(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::{Group, TokenTree};
    use syn::parse_quote;

    fn declaration(output: &ReturnType) -> String {
        Output::of(output).declaration(&quote!(k)).to_string().replace(' ', "")
    }

    #[test]
    fn what_has_a_value_that_means_passed_stays() {
        for output in [
            parse_quote!(),
            parse_quote!(-> ()),
            parse_quote!(-> (())),
            parse_quote!(-> Result<(), E>),
            parse_quote!(-> anyhow::Result<()>),
            parse_quote!(-> TestResult),
            parse_quote!(-> Result<std::process::ExitCode, E>),
            parse_quote!(-> Result<Result<(), E>, F>),
            parse_quote!(-> std::process::ExitCode),
            parse_quote!(-> Result<(), &'static str>),
        ] {
            assert_eq!(declaration(&output), output.to_token_stream().to_string().replace(' ', ""));
        }
    }

    #[test]
    fn a_type_that_a_macro_brings_along_is_known_too() {
        let in_group = |ty: TokenStream| TokenTree::Group(Group::new(proc_macro2::Delimiter::None, ty));
        let result = in_group(quote!(Result<(), E>));
        let output: ReturnType = syn::parse2(quote!(-> #result)).expect("a return type");
        assert!(matches!(Output::of(&output), Output::Same(_)));
    }

    #[test]
    fn anything_else_is_reported() {
        for output in [
            parse_quote!(-> Verdict),
            parse_quote!(-> impl Termination),
            parse_quote!(-> Result<Verdict, E>),
            parse_quote!(-> Verdict<'_>),
            parse_quote!(-> Result<(), &str>),
            parse_quote!(-> Result<(), E<'_>>),
        ] {
            assert_eq!(declaration(&output), "->k::__private::ExitCode");
        }
        assert_eq!(declaration(&parse_quote!(-> !)), "");
        let output = parse_quote!(-> Verdict);
        let value = Output::of(&output).value(&quote!(k), quote!(f()));
        assert_eq!(value.to_string().replace(' ', ""), "{let__value=f();k::__private::report(__value)}");
    }
}
