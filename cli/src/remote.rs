//! The remote cache behind the local one. Only the helper, `cargo-smoke-cache-remote`, talks to it.
//!
//! - `helper`: the helper beside this program
//! - `upload`: uploads after a run
//! - `status`, `keygen`: the subcommands of `remote`

mod helper;
mod keygen;
mod status;
mod upload;

pub(crate) use helper::{beside, check, for_tests};
pub(crate) use keygen::keygen;
#[cfg(test)]
pub(crate) use status::Document as Status;
pub(crate) use status::status;
pub(crate) use upload::upload_rest;
