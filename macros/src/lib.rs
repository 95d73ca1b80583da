//! The macros of [`cached-smoke`](https://docs.rs/cached-smoke). Depend on that crate, which re-exports them.
//!
//! The macros parse, check, and expand to a few lines that call the runtime. None accesses a cache.
//!
//! | module | job |
//! | --- | --- |
//! | `attribute` | expands `#[cached_smoke]` |
//! | `artifact` | expands `#[artifact]` |
//! | `arguments`, `function`, `markers`, `tokens` | parse what both attributes have in common |
//! | `fallback` | emits the errors and the unchanged function, if there are errors |
//! | `fingerprint` | expands `code_fingerprint!` |
//! | `sources` | reads the sources of the crate that is being compiled |
//! | `artifact_functions` | finds the functions that build artifacts |
//! | `smoke_toml` | reads the repositories in `smoke.toml` |
//! | `message`, `errors` | word the errors, and collect them |
//! | `shared` | code that the runtime compiles as well |

mod arguments;
mod artifact;
mod artifact_functions;
mod attribute;
mod errors;
#[cfg(test)]
mod expansion;
mod fallback;
mod fingerprint;
mod function;
mod markers;
mod message;
mod named_function;
mod shared;
mod smoke_toml;
mod sources;
mod tokens;

use proc_macro::TokenStream;
use std::env;
use std::path::PathBuf;

// The reference is `runtime/doc/attribute.md`, because its examples compile only beside the re-export.
/// Turns a function into tests that take artifacts. The re-export in the crate `cached-smoke` has the reference.
#[proc_macro_attribute]
pub fn cached_smoke(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(arguments.into(), item.into(), manifest_dir().as_deref()).into()
}

/// Turns a function into an artifact. The re-export in the crate `cached-smoke` has the reference.
#[proc_macro_attribute]
pub fn artifact(arguments: TokenStream, item: TokenStream) -> TokenStream {
    artifact::expand(arguments.into(), item.into()).into()
}

/// Fingerprints code. The macro of the same name in the crate `cached-smoke` wraps this one and has the reference.
#[proc_macro]
pub fn code_fingerprint(input: TokenStream) -> TokenStream {
    fingerprint::expand(input.into(), manifest_dir().as_deref()).into()
}

/// Returns the directory of the package that is being compiled. Only cargo sets the variable.
fn manifest_dir() -> Option<PathBuf> {
    env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)
}
