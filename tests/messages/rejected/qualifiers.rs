#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django")]
const fn finds(graph: &Graph) {}

#[cached_smoke(repo = "django")]
extern "C" fn calls(graph: &Graph) {}

#[cached_smoke(repo = "django")]
unsafe fn dares(graph: &Graph) {}

fn main() {}
