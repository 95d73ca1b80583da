#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django", repo = "requests")]
fn finds(graph: &Graph) {}

#[cached_smoke(repo = "django", suite = Smoke, suite = Smoke)]
fn finds_another(graph: &Graph) {}

fn main() {}
