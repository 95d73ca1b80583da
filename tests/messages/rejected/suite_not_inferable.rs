#![allow(unused)]

use cached_smoke::{CacheReport, Repo, Session, cached_smoke};

#[cached_smoke(repo = "django")]
fn finds() {}

#[cached_smoke(repo = "django")]
fn finds_a_session(repo: &Repo, session: &Session<_>) {}

#[cached_smoke(repo = "django", config = 3)]
fn finds_a_configuration(repo: &Repo, report: &CacheReport) {}

fn main() {}
