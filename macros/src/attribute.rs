//! Expands `#[cached_smoke]`.
//!
//! | module | job |
//! | --- | --- |
//! | [`arguments`] | parses the arguments of the attribute |
//! | [`function`] | parses the function |
//! | [`check`] | checks the function |
//! | [`repositories`], [`names`] | find the repositories, and name their tests |
//! | [`expand`] | emits the tests |
//! | [`output`], [`markers`], [`tokens`] | decide what becomes of the return type, other attributes and paths |
//! | [`fallback`] | emits the errors and the unchanged function, if there are errors |

mod arguments;
mod check;
mod expand;
mod fallback;
mod function;
mod markers;
mod names;
mod output;
mod repositories;
mod tokens;

use crate::errors::Errors;
use arguments::Arguments;
use function::Function;
use proc_macro2::TokenStream;
use repositories::Tests;
use std::path::Path;

/// Returns the tests that replace the function, or the errors.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream, manifest_dir: Option<&Path>) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::parse(arguments, &mut errors);
    let function = match Function::parse(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            errors.push(error);
            return fallback::item(&errors, item);
        }
    };
    let referents = check::referents(&function, &arguments, &mut errors);
    let tests = Tests::resolve(&arguments.repositories, manifest_dir, &mut errors);
    if errors.is_empty() {
        expand::tests(&arguments, &function, &referents, &tests)
    } else {
        fallback::function(&errors, &function)
    }
}

#[cfg(test)]
mod tests;
