#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django")]
fn finds<T>(graph: &T) {}

#[cached_smoke(repo = "django")]
fn counts<const N: usize>(graph: &Graph) {}

#[cached_smoke(repo = "django")]
fn lives<'a>(graph: &'a Graph) {}

fn main() {}
