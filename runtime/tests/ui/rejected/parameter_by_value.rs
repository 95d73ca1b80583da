#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django")]
fn finds(graph: Graph) {}

#[cached_smoke(repo = "django")]
fn points(graph: *const Graph, lists: Vec<Graph>) {}

#[cached_smoke(repo = "django")]
fn names(graph: Alias<'_>) {}

type Alias<'a> = &'a Graph;

fn main() {}
