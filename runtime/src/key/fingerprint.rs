//! Fingerprints: digests of the things that an artifact depends on.
//!
//! - [`snapshot`](mod@snapshot) takes the state of a repository, by [`git`] or by its files ([`folder`]). [`stamps`]
//!   keeps that state for later runs.
//! - [`code`] is the fingerprint of code that `code_fingerprint!` makes, and compares its files when the test runs.
//! - [`input`] and [`tool`] fingerprint declared inputs.

mod bulk;
mod code;
mod folder;
mod git;
pub(crate) mod input;
mod listing;
mod repo_state;
mod snapshot;
mod stamps;
pub(crate) mod tool;
mod unusable;

pub use code::{Code, CodeFingerprint};
pub(crate) use code::{Files, State};
pub(crate) use folder::is_executable;
pub(crate) use repo_state::RepoState;
pub(crate) use stamps::state;
