//! What command-line tools over the cache need: the settings, the repositories, the reports of a run.
//!
//! Tests have no use for this.

use std::time::SystemTime;

pub use crate::config::{Config, RepoSource, Source};
use crate::layout::Layout;
pub use crate::retention::{Collected, Policy};
pub use crate::telemetry::read_reports;

/// Removes from the cache what the policy does not allow, and what killed processes left behind. `None`: another process is
/// at it.
///
/// Safe at any time: what is in use stays. Age is counted from an artifact's first use in the latest run that used it.
pub fn collect(config: &Config, policy: &Policy) -> Option<Collected> {
    let layout = Layout::new(&config.cache_dir);
    let collected = crate::retention::enforce(&layout, policy, SystemTime::now())?;
    crate::store::sweep(&layout);
    Some(collected)
}
