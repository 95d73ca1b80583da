#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

impl Graph {
    #[cached_smoke(repo = "django")]
    fn finds(&self) {}

    #[cached_smoke(repo = "django")]
    fn finds_boxed(self: Box<Self>, graph: &Graph) {}
}

fn main() {}
