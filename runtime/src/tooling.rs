//! Functions for the command line of this crate: the configuration, the stored artifacts, and the records of runs.
//!
//! **Not for use in tests, and not covered by semantic versioning.** This module exists for `cargo smoke-cache`, which
//! has the version of this crate that it is compiled with. It may change in any release.

mod building;
mod cache;
mod push;
mod runs;
mod scope;
mod stored;
mod warnings;

/// The remote cache: the protocol of its helpers, and the requests of a run.
pub mod remote {
    pub use super::push::{await_sharing, push};
    pub use crate::config::{HELPER, Remote as Settings};
    pub use crate::remote::protocol::*;
    pub use crate::remote::{Asked, Operation, Pushed, check_helper, not_started, probe, read_asked};
}

/// The audit of builds: the records of a run, and the analysis of their traces.
pub mod audit {
    pub use crate::audit::cover::Cover;
    pub use crate::config::AUDIT as VARIABLE;
    pub use crate::telemetry::Audit;

    #[cfg(feature = "audit")]
    pub use crate::{
        api::this_machine::ThisMachine,
        audit::{Finding, Kind, Machine, Question, STRACE, Trace, findings},
        telemetry::read_audits,
    };
}

/// Sizes and durations: one notation for what users write, and one for what they read.
pub mod units {
    pub use crate::units::{Size, duration, parse_duration, parse_size};
}

pub use crate::config::settings::{INTERNAL_VARIABLES, Setting, settings};
pub use crate::config::{Config, MARK, RepoSource, Source};
pub use crate::digest::hex;
pub use crate::key::{KeyInput, describe, in_common, tell_apart};
pub use crate::store::retention::{Collected, Policy};
pub use crate::telemetry::{
    KeyFailure, KeyReport, Verification, read_key_failures, read_keys, read_reports, read_verifications,
};
pub use crate::text::plain;
pub use building::{Builder, Building, builder, building};
pub use cache::{collect, collect_dry, create_cache, exposure};
pub use runs::{CacheSize, PastRun, note_size, runs};
pub use scope::Scope;
pub use stored::{ManifestInfo, Removed, StoredArtifact, Unreadable, Verdict, remove, stored, verify};
pub use warnings::read_warnings;

/// Returns the candidate that is most similar to `name`, if at most a third of the characters differ.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    crate::shared::suggestion::nearest(name, candidates)
}

/// The name that stands for no repository.
pub const NO_REPO: &str = crate::name::NO_REPO;
