#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "djagno")]
fn finds(graph: &Graph) {}

#[cached_smoke(repos = ["django", "flask"])]
fn far(graph: &Graph) {}

#[cached_smoke(repo = "DJANGO")]
fn other_case(graph: &Graph) {}

fn main() {}
