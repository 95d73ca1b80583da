//! What a test's keys take, without its artifacts.

use cached_smoke::Session;
use code_index::{DependencyGraph, SparseIndex};

use crate::smoke::Smoke;

/// The settings, the run, the repository's state, and both keys, which are written down for the run. To be run with
/// `SMOKE_STOP_AFTER=key`.
pub(super) fn run(repo: &str) {
    let session = Session::<Smoke>::open(repo).unwrap();
    session.get::<DependencyGraph>().unwrap_err();
    session.get::<SparseIndex>().unwrap_err();
}
