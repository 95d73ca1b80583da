#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke("django", rebo = "django", suite = "Smoke")]
const unsafe fn finds<T>(graph: Graph, index: &mut T, repo: &Graph) {}

fn main() {}
