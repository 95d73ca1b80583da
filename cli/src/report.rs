//! Reports of what the cache did in a run, or in many.
//!
//! - `summary`: the rows and sums of one run
//! - `text`: a summary for the terminal; `reasons`: its reasons, each once
//! - `traffic`: the requests of a run to the remote cache
//! - `markdown`: a summary for a CI system; `github`: annotations of GitHub Actions
//! - `junit`: a suite of test results for a CI system
//! - `trace`: the activities of all processes, for a trace viewer
//! - `html`: a page with charts over many runs

mod github;
mod html;
mod junit;
mod markdown;
mod reasons;
mod summary;
mod text;
mod trace;
mod traffic;

pub(crate) use github::annotations;
pub(crate) use html::page;
pub(crate) use junit::junit;
pub(crate) use markdown::markdown;
pub(crate) use reasons::lines as reasons;
pub(crate) use summary::{Row, Summary, Sums, is_hit};
pub(crate) use text::{counted, text};
pub(crate) use trace::trace;
pub(crate) use traffic::Traffic;
