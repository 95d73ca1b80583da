#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = django)]
fn finds(graph: &Graph) {}

#[cached_smoke(repo = 3)]
fn number(graph: &Graph) {}

#[cached_smoke(repo = concat!("djan", "go"))]
fn computed(graph: &Graph) {}

#[cached_smoke(repo = ["django", "requests"])]
fn list(graph: &Graph) {}

fn main() {}
