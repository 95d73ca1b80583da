//! Expands `#[cached_smoke]`.
//!
//! | module | job |
//! | --- | --- |
//! | [`arguments`] | parses the arguments of the attribute |
//! | [`check`] | checks the function |
//! | [`repositories`], [`names`] | find the repositories, and name their tests |
//! | [`expand`] | emits the tests |
//! | [`output`] | decides what becomes of the return type |

mod arguments;
mod check;
mod expand;
mod names;
mod output;
mod repositories;

use crate::errors::Errors;
use crate::fallback;
use crate::function::Function;
use arguments::Arguments;
use proc_macro2::TokenStream;
use repositories::Tests;
use std::path::Path;

/// The name of the attribute, for messages.
const ATTRIBUTE: &str = "cached_smoke";

/// Returns the tests that replace the function, or the errors.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream, manifest_dir: Option<&Path>) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::parse(arguments, &mut errors);
    let function = match Function::parse(item.clone(), ATTRIBUTE) {
        Ok(function) => function,
        Err(error) => {
            errors.push(error);
            return fallback::item(&errors, item);
        }
    };
    let parameters = check::parameters(&function, &arguments, &mut errors);
    let tests = Tests::resolve(&arguments.repositories, &parameters, manifest_dir, &mut errors);
    if errors.is_empty() {
        expand::tests(&arguments, &function, &parameters, &tests)
    } else {
        fallback::function(&errors, &function, "the test that calls it has errors")
    }
}

#[cfg(test)]
mod tests;
