#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django", repos = ["requests"])]
fn finds(graph: &Graph) {}

#[cached_smoke(repos = ["requests"], repo = "django")]
fn the_other_way_round(graph: &Graph) {}

fn main() {}
