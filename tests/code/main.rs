//! The code that builds an artifact is a part of its key: as it was compiled, and never as something else.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod compiled;
mod named;
mod places;
mod suites;
mod workspace;
