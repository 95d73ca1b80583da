//! The promises of docs/internals/promises.md, one file for each.
//!
//! Each test creates a [`Sandbox`](test_support::Sandbox): a repository, a cache directory and a `smoke.toml`. It
//! starts this executable again for the tests of `subject.rs`, which use the sandbox.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod subject;

mod access;
mod announce;
mod attribute;
mod audit;
mod bypass;
mod cache_directory;
mod complete_keys;
mod confinement;
mod crash;
mod damage;
mod declared_inputs;
mod detached;
mod disk_full;
mod environment;
mod failure;
mod faults;
mod filesystems;
mod force_rebuild;
mod functions;
mod hermetic;
mod keys;
mod metrics;
mod on_miss;
mod one_build;
mod preserved;
mod private_view;
mod repository_state;
mod restore;
mod retention;
mod run_identity;
mod scratch;
#[cfg(target_os = "linux")]
mod server;
mod stop_after;
mod telemetry;
mod verification;
mod waits;
mod warm_hit;

test_support::reports!();
