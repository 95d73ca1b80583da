//! The promises of docs/internals/promises.md, one file for each.
//!
//! Each test makes a sandbox (a repository, a cache directory, a `smoke.toml`) and runs the tests of `subject.rs` over
//! it, in processes of their own: this same executable, started again.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod subject;

mod access;
mod attribute;
mod bypass;
mod cache_directory;
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
mod keys;
mod on_miss;
mod one_build;
mod preserved;
mod private_view;
mod repository_state;
mod restore;
mod retention;
mod run_identity;
mod stop_after;
mod telemetry;
mod waits;
mod warm_hit;

test_support::reports!();
