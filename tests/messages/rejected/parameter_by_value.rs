#![allow(unused)]

use cached_smoke::{CacheReport, Each, Repo, Session, cached_smoke};

struct Graph;
struct Smoke;

#[cached_smoke(repo = "django")]
fn shared(repo: Repo, report: CacheReport, session: Session<Smoke>) {}

#[cached_smoke(repo = "django")]
fn over_each(all: Each<Graph>) {}

#[cached_smoke(repo = "django")]
fn points(graph: *const Graph) {}

#[cached_smoke(repo = "django")]
fn names(graph: Alias<'_>) {}

type Alias<'a> = &'a Graph;

fn main() {}
