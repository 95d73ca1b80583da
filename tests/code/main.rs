//! The code that builds an artifact is a key input, as it was compiled.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod compiled;
mod named;
mod own;
mod places;
mod suites;
mod workspace;
