//! What the cache did for a test: told to the test, to people, and to programs.
//!
//! - `report`: what is told
//! - `line`: to people
//! - `records`: to programs
//! - `in_flight`: of a test that is killed before it can tell
//! - `keys`: what a run finds out that stops after the keys
//! - `key_failures`: the keys that such a run could not compute

mod in_flight;
mod key_failures;
mod keys;
mod line;
mod records;
mod report;

pub(crate) use in_flight::InFlight;
pub use key_failures::{KeyFailure, read_key_failures};
pub(crate) use keys::append as append_key;
pub use keys::{KeyReport, read_keys};
pub use records::read_reports;
pub(crate) use report::next_number;
pub use report::{ArtifactReport, CacheReport, Outcome};

#[cfg(test)]
mod tests;
