#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo = "django", config = Config { k: })]
fn finds(graph: &Graph) {}

#[cached_smoke(repo = +)]
fn finds_another(graph: &Graph) {}

#[cached_smoke(repo = "django", config = Config::default().)]
fn half_written(graph: &Graph) {}

#[cached_smoke(repo = "django", suite = Smoke<)]
fn open(graph: &Graph) {}

fn main() {}
