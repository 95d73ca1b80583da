//! What command-line tools over the cache need: the settings, the repositories, the reports of a run.
//!
//! Tests have no use for this.

use std::time::SystemTime;

pub use crate::config::{Config, RepoSource, Source};
use crate::error::Error;
use crate::layout::Layout;
pub use crate::retention::{Collected, Policy};
pub use crate::telemetry::{KeyIngredient, KeyReport, read_keys, read_reports};

/// Removes from the cache what the policy does not allow, and what killed processes left behind. `None`: another process is
/// at it.
///
/// Safe at any time: what is in use stays. Age is counted from an artifact's first use in the latest run that used it.
///
/// # Errors
/// If the cache directory is not as it should be; the error says what to mend.
pub fn collect(config: &Config, policy: &Policy) -> Result<Option<Collected>, Error> {
    let layout = Layout::new(&config.cache_dir);
    layout.check()?;
    let collected = crate::retention::enforce(&layout, policy, SystemTime::now());
    if collected.is_some() {
        crate::store::sweep(&layout);
        crate::store::sweep_private();
    }
    Ok(collected)
}
