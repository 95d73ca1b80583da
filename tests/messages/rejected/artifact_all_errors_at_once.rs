#![allow(unused)]

use cached_smoke::artifact;

struct Graph;
struct Index;

#[artifact(nam = "index", suite = "Smoke", directory = true)]
const fn index<T>(graph: &mut Graph, #[config] first: usize, #[other] names: &Vec<_>) { loop {} }

fn main() {}
