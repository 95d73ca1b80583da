//! Expands `#[artifact]`: a function becomes an artifact.
//!
//! | module | job |
//! | --- | --- |
//! | [`arguments`] | parses the arguments of the attribute |
//! | [`check`] | checks the function, and classifies its parameters |
//! | [`expand`] | emits the artifact |

mod arguments;
mod check;
mod expand;

use crate::errors::Errors;
use crate::fallback;
use crate::function::Function;
use arguments::Arguments;
use proc_macro2::TokenStream;

/// The name of the attribute, for messages.
const ATTRIBUTE: &str = "artifact";

/// Returns the function and its artifact, or the errors.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::parse(arguments, &mut errors);
    let function = match Function::parse(item.clone(), ATTRIBUTE) {
        Ok(function) => function,
        Err(error) => {
            errors.push(error);
            return fallback::item(&errors, item);
        }
    };
    match check::definition(&function, &arguments, &mut errors) {
        Some(definition) if errors.is_empty() => expand::artifact(&arguments, &function, &definition),
        _ => fallback::function(&errors, &function, "an artifact with errors has no tests"),
    }
}

#[cfg(test)]
mod tests;
