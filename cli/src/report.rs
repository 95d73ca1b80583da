//! Reports of what the cache did in a run, or in many.
//!
//! - `summary`: the rows and sums of one run, for the terminal
//! - `traffic`: the requests of a run to the remote cache
//! - `markdown`: a summary for a CI system
//! - `html`: a page with charts over many runs

mod html;
mod markdown;
mod summary;
mod traffic;

pub(crate) use html::write as write_html;
pub(crate) use markdown::markdown;
pub(crate) use summary::{Row, Summary, Sums};
pub(crate) use traffic::Traffic;
