#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django")]
struct Finds;

#[cached_smoke(repo = "django")]
mod tests {}

#[cached_smoke(repo = "django")]
const FINDS: u8 = 1;

#[cached_smoke(repo = "django")]
trait Tests {
    fn finds(graph: &Graph);
}

fn main() {}
