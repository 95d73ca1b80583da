#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "a/b")]
fn finds(graph: &Graph) {}

#[cached_smoke(repos = ["django", ".hidden"])]
fn finds_another(graph: &Graph) {}

#[cached_smoke(repo = "all")]
fn all(graph: &Graph) {}

fn main() {}
