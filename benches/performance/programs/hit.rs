//! A hit of cached-smoke.

use cached_smoke::Session;
use code_index::{DependencyGraph, SparseIndex};

use super::ask;
use crate::smoke::Smoke;

/// Does what a test with the parameters `&DependencyGraph` and `&SparseIndex` does, including its record.
pub(super) fn run(repo: &str) {
    let session = Session::<Smoke>::open(repo).unwrap();
    ask(session.get::<DependencyGraph>().unwrap(), session.get::<SparseIndex>().unwrap());
}
