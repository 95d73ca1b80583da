//! What a machine of a fleet needs of a repository, whatever repository that is.

use cached_smoke::{Outcome, Session};
use code_index::{DependencyGraph, SparseIndex};

use crate::smoke::Smoke;

/// Graph and index, from wherever they can be had; says how many of them were built here.
pub(super) fn run(repo: &str) {
    let session = Session::<Smoke>::open(repo).unwrap();
    session.get::<DependencyGraph>().unwrap();
    session.get::<SparseIndex>().unwrap();
    let artifacts = &session.report().artifacts;
    let built = artifacts.iter().filter(|artifact| artifact.outcome == Outcome::Built).count();
    let bytes: u64 = artifacts.iter().map(|artifact| artifact.remote_bytes).sum();
    println!("{}{built} {bytes}", super::BUILT);
}
