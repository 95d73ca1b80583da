#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repos = "django")]
fn finds(graph: &Graph) {}

#[cached_smoke(repos = django)]
fn name(graph: &Graph) {}

#[cached_smoke(repos = ["django", requests, 3])]
fn elements(graph: &Graph) {}

fn main() {}
