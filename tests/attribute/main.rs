//! The forms of `#[cached_smoke]`, in throw-away projects: those that it accepts, and those that the compiler rejects.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accepted;
mod functions;
mod rejected_by_types;
mod targets;
