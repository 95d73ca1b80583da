//! The macros of [`cached-smoke`](https://docs.rs/cached-smoke), which re-exports them: depend on that crate, not on
//! this one.
//!
//! Both macros parse, check, and emit a few lines that call the runtime. Neither knows anything of a cache.

mod attribute;
mod errors;
mod fingerprint;
mod message;
mod smoke_toml;
mod suggestion;

use proc_macro::TokenStream;
use std::env;
use std::path::PathBuf;

// The reference is beside the re-export, where its examples can be compiled: `runtime/doc/attribute.md`.
/// Documented where it is re-exported, by the crate `cached-smoke`.
#[proc_macro_attribute]
pub fn cached_smoke(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(arguments.into(), item.into(), manifest_dir().as_deref()).into()
}

/// What the macro of the same name in the crate `cached-smoke` wraps, and documents.
#[proc_macro]
pub fn code_fingerprint(input: TokenStream) -> TokenStream {
    fingerprint::expand(input.into(), manifest_dir().as_deref()).into()
}

/// The directory of the package being compiled; nothing when it is not cargo that compiles.
fn manifest_dir() -> Option<PathBuf> {
    env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)
}
