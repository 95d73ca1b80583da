//! The forms of `#[cached_smoke]`, in a project of their own: each runs, fails when its fixture fails, and is skipped.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accepted;
mod rejected_by_types;
