#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repos = ["django", "django"])]
fn finds(graph: &Graph) {}

fn main() {}
