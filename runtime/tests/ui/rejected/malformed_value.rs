#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django", config = Config { k: })]
fn finds(graph: &Graph) {}

#[cached_smoke(repo = +)]
fn finds_another(graph: &Graph) {}

fn main() {}
