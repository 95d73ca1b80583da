//! One machine of a fleet: it needs graph and index of a repository.

use cached_smoke::{Outcome, Session};
use code_index::{DependencyGraph, SparseIndex};

use crate::smoke::Smoke;

/// Fetches or builds graph and index; prints how many of them this process built and how many bytes it fetched.
pub(super) fn run(repo: &str) {
    let session = Session::<Smoke>::open(repo).unwrap();
    session.get::<DependencyGraph>().unwrap();
    session.get::<SparseIndex>().unwrap();
    let artifacts = &session.report().artifacts;
    let built = artifacts.iter().filter(|artifact| artifact.outcome == Outcome::Built).count();
    let bytes: u64 = artifacts.iter().map(|artifact| artifact.remote_bytes).sum();
    println!("{}{built} {bytes}", super::BUILT);
}
