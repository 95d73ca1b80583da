#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repos = ["scikit-learn", "scikit.learn"])]
fn finds(graph: &Graph) {}

fn main() {}
