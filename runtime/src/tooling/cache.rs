//! The cache directory as a whole: creating it, and applying a retention policy.

use std::time::SystemTime;

use super::scope::Scope;
use crate::config::Config;
use crate::error::Error;
use crate::layout::Layout;
use crate::store;
use crate::store::retention::{self, Collected, Policy};

/// Removes the artifacts of the scope that the policy does not allow, and the remains of killed processes. Returns
/// `None` if another process is collecting.
///
/// A call is safe at any time, because artifacts in use stay. The age of an artifact counts from its first use in the
/// latest run that used it.
///
/// # Errors
/// Fails if the cache directory is unsafe to use or cannot be written to. The error contains the action that resolves
/// it.
pub fn collect(config: &Config, policy: &Policy, scope: &Scope) -> Result<Option<Collected>, Error> {
    let layout = checked_layout(config)?;
    let collected =
        retention::enforce(&layout, policy, SystemTime::now(), &|stored| scope.includes_stored(stored), &|_| false)?;
    if collected.is_some() {
        store::sweep(&layout);
        store::sweep_private();
    }
    Ok(collected)
}

/// Returns the result that [`collect`] would have if no artifact were in use. Removes nothing.
///
/// # Errors
/// Fails if the cache directory is unsafe to use.
pub fn collect_dry(config: &Config, policy: &Policy, scope: &Scope) -> Result<Collected, Error> {
    Ok(retention::dry_run(&checked_layout(config)?, policy, SystemTime::now(), &|stored| scope.includes_stored(stored)))
}

/// Creates the cache directory unless it exists, with the files that make git and backup tools ignore it.
///
/// # Errors
/// Fails if the cache directory is unsafe to use or cannot be written to.
pub fn create_cache(config: &Config) -> Result<(), Error> {
    checked_layout(config)?.create()
}

/// Returns how other users can replace the artifacts of the cache, and the action that prevents it.
pub fn exposure(config: &Config) -> Option<(String, String)> {
    Layout::new(config.cache_dir()).exposure()
}

/// Returns the layout of the cache directory, for writing to it. Restores the files at its top, which a copy may lack.
pub(super) fn layout_to_write(config: &Config) -> Result<Layout, Error> {
    let layout = checked_layout(config)?;
    if layout.root().is_dir() {
        // A failure is ignored: where these files cannot be written, the caller's own work fails.
        let _ = layout.create();
    }
    Ok(layout)
}

/// Returns the layout of the cache directory, after a check that it is safe to use.
pub(super) fn checked_layout(config: &Config) -> Result<Layout, Error> {
    let layout = Layout::new(config.cache_dir());
    layout.check()?;
    Ok(layout)
}
