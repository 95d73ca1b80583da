//! The remote cache: machines, which have separate cache directories and processes, over one service.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod proxy;
mod servers;
mod subject;

mod commands;
mod faults;
mod fleet;
mod protocol;
mod services;
mod sharing;
mod trust;

use test_support::World;

test_support::reports!();

/// Creates a world whose machines run the helper of this package.
fn new_world() -> World {
    World::new(env!("CARGO_BIN_EXE_cargo-smoke-cache-remote"))
}
