#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django")]
#[cached_smoke(repo = "requests")]
fn finds(graph: &Graph) {}

fn main() {}
