#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django")]
async fn finds(graph: &Graph) {}

#[cached_smoke(repo = "django")]
#[test]
async fn finds_another(graph: &Graph) {}

#[cached_smoke(repo = "django")]
#[ignore]
#[runtime(threads = 2)]
async fn renamed(graph: &Graph) {}

fn main() {}
