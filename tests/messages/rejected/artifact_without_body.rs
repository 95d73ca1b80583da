#![allow(unused)]

use cached_smoke::artifact;

struct Graph;

#[artifact]
fn graph() -> Graph;

fn main() {}
