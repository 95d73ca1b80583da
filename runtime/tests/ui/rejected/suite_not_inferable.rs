#![allow(unused)]

use cached_smoke::{CacheReport, Repo, cached_smoke};

#[cached_smoke(repo = "django")]
fn finds() {}

#[cached_smoke(repo = "django")]
fn finds_repo(repo: &Repo, report: &CacheReport) {}

fn main() {}
