#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django", suite = "Smoke")]
fn finds(graph: &Graph) {}

#[cached_smoke(repo = "django", crate = "my::cached_smoke", suite = 3)]
fn finds_another(graph: &Graph) {}

fn main() {}
