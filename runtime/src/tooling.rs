//! What command-line tools over the cache need: the settings, the repositories, what is stored, what was reported.
//!
//! Tests have no use for this.

mod building;
mod push;
mod runs;
mod stored;
mod warnings;

/// The shared tier: what helpers are asked, and what a run asked.
pub mod remote {
    pub use super::push::{await_sharing, push};
    pub use crate::config::Remote as Settings;
    pub use crate::remote::protocol::*;
    pub use crate::remote::{Asked, Operation, Pushed, read_asked, try_helper};
}

use std::time::{Duration, SystemTime};

pub use crate::config::settings::{Setting, settings};
pub use crate::config::{Config, RepoSource, Source};
use crate::error::Error;
pub use crate::key::{Ingredient, describe, in_common, tell_apart};
use crate::layout::{Layout, Slot};
pub use crate::retention::{Collected, Policy};
pub use crate::telemetry::{KeyFailure, KeyReport, read_key_failures, read_keys, read_reports};
pub use building::{Building, building};
pub use runs::{CacheSize, PastRun, note_size, runs};
pub use stored::{Made, Removed, StoredArtifact, Unreadable, Verdict, remove, stored, verify};
pub use warnings::read_warnings;

/// Removes from the cache what the policy does not allow, and what killed processes left behind. `None`: another process is at
/// it.
///
/// Safe at any time: what is in use stays. Age is counted from an artifact's first use in the latest run that used it.
///
/// # Errors
/// If the cache directory is not as it should be, or cannot be written to; the error says what to mend.
pub fn collect(config: &Config, policy: &Policy) -> Result<Option<Collected>, Error> {
    let layout = checked_layout(config)?;
    let collected = crate::retention::enforce(&layout, policy, SystemTime::now())?;
    if collected.is_some() {
        crate::store::sweep(&layout);
        crate::store::sweep_private();
    }
    Ok(collected)
}

/// What [`collect`] would remove, were nothing in use.
///
/// # Errors
/// As [`collect`].
pub fn collect_dry(config: &Config, policy: &Policy) -> Result<Collected, Error> {
    Ok(crate::retention::rehearse(&checked_layout(config)?, policy, SystemTime::now()))
}

/// A process that builds an artifact at this moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Builder {
    /// Its id.
    pub pid: u32,
    /// How long it has been at it.
    pub elapsed: Duration,
    /// What it is at, if the build says so.
    pub step: Option<String>,
}

/// Who builds the artifact of this key, if somebody does.
pub fn builder(config: &Config, key: &KeyReport) -> Option<Builder> {
    let entry = key.key.strip_prefix(&key.repo)?.strip_prefix(':')?.replacen(':', "-", 1);
    let slot = Slot { repo: key.repo.clone(), entry, artifact: key.artifact.clone() };
    let holder = crate::lock::holder_of(&Layout::new(config.cache_dir()).build_lock(&slot))?;
    Some(Builder { pid: holder.pid, elapsed: holder.elapsed(), step: holder.step })
}

/// Makes the cache directory, with the files that let git and backup tools overlook it, if it is not there.
///
/// # Errors
/// Fails if the directory is not as it should be, or cannot be written to.
pub fn create_cache(config: &Config) -> Result<(), Error> {
    checked_layout(config)?.create()
}

/// As [`checked_layout`], for what writes to a cache that is there: it may have been copied without the files at its top.
fn layout_to_write(config: &Config) -> Result<Layout, Error> {
    let layout = checked_layout(config)?;
    if layout.root().is_dir() {
        // Whoever cannot write them fails at what is to be done.
        let _ = layout.create();
    }
    Ok(layout)
}

fn checked_layout(config: &Config) -> Result<Layout, Error> {
    let layout = Layout::new(config.cache_dir());
    layout.check()?;
    Ok(layout)
}
