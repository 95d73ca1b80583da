#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke("django")]
fn finds(graph: &Graph) {}

#[cached_smoke(django)]
fn finds_another(graph: &Graph) {}

fn main() {}
