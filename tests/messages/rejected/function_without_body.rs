#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

trait Tests {
    #[cached_smoke(repo = "django")]
    fn finds(graph: &Graph);
}

fn main() {}
