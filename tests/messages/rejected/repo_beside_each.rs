#![allow(unused)]

use cached_smoke::{Each, Repo, cached_smoke};

struct Graph;

#[cached_smoke]
fn over_each(all: &Each<Graph>, repo: &Repo) {}

fn main() {}
