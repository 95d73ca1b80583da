//! Emits the errors and the function. The function stays so that its users compile and editors complete code inside it.

use crate::errors::Errors;
use crate::function::Function;
use crate::markers::Kind;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, Signature};

/// Returns the errors, and the function without the attributes of a test. `reason` explains why no code calls it.
pub(crate) fn function(errors: &Errors, function: &Function, reason: &str) -> TokenStream {
    let errors = errors.to_compile_errors();
    let Function { attributes, visibility, body, .. } = function;
    let signature = without_parameter_attributes(&function.signature);
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

/// Returns the signature without the attributes of parameters that only a macro understands.
fn without_parameter_attributes(signature: &Signature) -> Signature {
    let mut signature = signature.clone();
    for input in &mut signature.inputs {
        if let FnArg::Typed(parameter) = input {
            parameter.attrs.retain(|attribute| matches!(Kind::of(attribute), Kind::Cfg | Kind::Lint));
        }
    }
    signature
}

/// Returns the errors, and an unchanged item that is not a function.
pub(crate) fn item(errors: &Errors, item: TokenStream) -> TokenStream {
    let errors = errors.to_compile_errors();
    quote!(#errors #item)
}
