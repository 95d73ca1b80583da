//! The remote cache behind the local one.
//!
//! - `access`: whether a remote cache is configured, and which helper tests start
//! - `helper`: the process that a test starts, which answers its requests
//! - `upload`: uploads after a run
//! - `status`, `keygen`: the subcommands of `remote`
//! - `url`, `service`: the object store; `folder` and `redis` are peculiarities of two services
//! - `transfer`: files to and from the service
//! - `lease`: one build for all machines
//! - `signing`: signatures of entries

mod access;
mod folder;
mod helper;
mod keygen;
mod lease;
mod redis;
mod service;
mod signing;
mod status;
mod transfer;
mod upload;
mod url;

pub(crate) use access::{READ_ONLY, settings, this_helper, this_program};
pub(crate) use helper::{HelperArguments, run as run_helper};
pub(crate) use keygen::keygen;
pub(crate) use status::status;
pub(crate) use upload::upload_rest;
