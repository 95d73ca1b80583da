#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(rebo = "django")]
fn finds(graph: &Graph) {
    let names: u32 = graph;
    finds(graph);
}

fn main() {}
