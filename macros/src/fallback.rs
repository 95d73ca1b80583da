//! Emits the errors and the function. The function stays so that its users compile and editors complete code inside it.

use crate::errors::Errors;
use crate::function::{Function, keeping_attributes};
use crate::markers::Kind;
use proc_macro2::TokenStream;
use quote::quote;

/// Returns the errors, and the function without the attributes of a test. `reason` explains why no code calls it.
pub(crate) fn function(errors: &Errors, function: &Function, reason: &str) -> TokenStream {
    let errors = errors.to_compile_errors();
    let Function { attributes, visibility, body, .. } = function;
    let signature = keeping_attributes(&function.signature, |one| matches!(Kind::of(one), Kind::Cfg | Kind::Lint));
    // Any other attribute may concern tests, or be a second `#[cached_smoke]`.
    let attributes =
        attributes.iter().filter(|attribute| matches!(Kind::of(attribute), Kind::Cfg | Kind::Doc | Kind::Lint));
    quote! {
        #errors
        #(#attributes)*
        #[allow(dead_code, reason = #reason)]
        #visibility #signature #body
    }
}

/// Returns the errors, and an unchanged item that is not a function.
pub(crate) fn item(errors: &Errors, item: TokenStream) -> TokenStream {
    let errors = errors.to_compile_errors();
    quote!(#errors #item)
}
