//! Derives the return type of the test from that of the function.
//!
//! A skipped test must return a value as well. `()`, a `Result` and `ExitCode` have a value that means "passed". The
//! test keeps these types, because the attributes of other crates may require them, unless they borrow from the
//! parameters: the test has none. Any other `Termination` is reported inside the test, which then returns an
//! `ExitCode`.

use crate::tokens::may_borrow;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, ReturnType, Type};

/// The return type of a test.
#[derive(Clone, Copy)]
pub(super) enum Output<'a> {
    /// The function's return type, possibly none.
    Same(&'a ReturnType),
    /// None: the function never returns, but a skipped test does.
    Nothing,
    /// An exit code, to which the function's value is converted.
    Reported(&'a Type),
}

impl<'a> Output<'a> {
    /// Derives the return type of the test.
    pub(super) fn of(output: &'a ReturnType) -> Self {
        match output {
            ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)) => Self::Nothing,
            ReturnType::Type(_, ty) if !is_known(ty) || may_borrow(ty.to_token_stream()) => Self::Reported(ty),
            known => Self::Same(known),
        }
    }

    /// Returns `-> T` for the test.
    pub(super) fn declaration(self, krate: &TokenStream) -> TokenStream {
        match self {
            Self::Same(output) => output.to_token_stream(),
            Self::Nothing => TokenStream::new(),
            Self::Reported(_) => quote!(-> #krate::__private::ExitCode),
        }
    }

    /// Returns an expression that converts the function's value to the test's.
    pub(super) fn value(self, krate: &TokenStream, call: TokenStream) -> TokenStream {
        match self {
            Self::Reported(ty) => {
                // With the span of the type, where rustc then reports that it is not `Termination`.
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

/// Returns `true` if the type's name is `()`, `ExitCode` or `…Result`, which includes aliases of `Result`.
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

/// Returns `true` if the success type of a `Result` is known as well. An alias without arguments most likely contains
/// `()`.
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
    fn types_with_a_passed_value_are_kept() {
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
    fn types_from_macro_variables_are_recognised() {
        let in_group = |ty: TokenStream| TokenTree::Group(Group::new(proc_macro2::Delimiter::None, ty));
        let result = in_group(quote!(Result<(), E>));
        let output: ReturnType = syn::parse2(quote!(-> #result)).expect("a return type");
        assert!(matches!(Output::of(&output), Output::Same(_)));
    }

    #[test]
    fn other_types_become_an_exit_code() {
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
