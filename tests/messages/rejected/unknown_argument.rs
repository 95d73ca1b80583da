#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(rebo = "django")]
fn finds(graph: &Graph) {}

#[cached_smoke(repo = "django", timeout = 3)]
fn finds_another(graph: &Graph) {}

fn main() {}
