#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django")]
fn finds(graph: &'static Graph) {}

fn main() {}
