//! What command-line tools over the cache need: the settings, the repositories, the reports of a run.
//!
//! Tests have no use for this.

pub use crate::config::{Config, RepoSource, Source};
pub use crate::telemetry::read_reports;
