#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django" suite = Smoke)]
fn finds(graph: &Graph) {}

#[cached_smoke(repos = ["django" "requests"])]
fn finds_another(graph: &Graph) {}

fn main() {}
