#![allow(unused)]

use cached_smoke::cached_smoke;

struct Graph;

#[cached_smoke(repo)]
fn finds(graph: &Graph) {}

#[cached_smoke(repo("django"))]
fn in_parentheses(graph: &Graph) {}

#[cached_smoke(repos =, config, suite, crate =)]
fn finds_another(graph: &Graph) {}

fn main() {}
