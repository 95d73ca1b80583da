//! The shared tier: machines, which are cache directories and processes of their own, over one service.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod machine;
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
mod weight;
