//! What is emitted beside the errors: the function itself, so that nothing else breaks for want of it, and editors go
//! on completing inside it.

use super::function::Function;
use super::markers::Kind;
use crate::errors::Errors;
use proc_macro2::TokenStream;
use quote::quote;

/// The errors, and the function as an ordinary one that is no test.
pub(super) fn function(errors: &Errors, function: &Function) -> TokenStream {
    let errors = errors.to_compile_errors();
    let Function { attributes, visibility, signature, body } = function;
    // Any other attribute may be about tests, or a second one of ours.
    let attributes =
        attributes.iter().filter(|attribute| matches!(Kind::of(attribute), Kind::Cfg | Kind::Doc | Kind::Lint));
    quote! {
        #errors
        #(#attributes)*
        #[allow(dead_code, reason = "the test that would call it was not understood")]
        #visibility #signature #body
    }
}

/// The errors, and an item that is no function, as it was.
pub(super) fn item(errors: &Errors, item: TokenStream) -> TokenStream {
    let errors = errors.to_compile_errors();
    quote!(#errors #item)
}
