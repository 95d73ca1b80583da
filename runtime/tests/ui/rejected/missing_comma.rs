#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django" suite = Smoke)]
fn finds(graph: &Graph) {}

fn main() {}
