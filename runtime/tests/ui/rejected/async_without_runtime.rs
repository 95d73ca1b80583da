#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django")]
async fn finds(graph: &Graph) {}

#[cached_smoke(repo = "django")]
#[test]
async fn finds_another(graph: &Graph) {}

fn main() {}
