#![allow(unused)]

use cached_smoke::{artifact, cached_smoke};

struct Graph;

#[artifact]
#[test]
fn a_test() -> Graph {}

#[artifact]
#[cached_smoke]
fn a_smoke_test() -> Graph {}

#[cached_smoke(repo = "django")]
#[artifact]
fn an_artifact(graph: &Graph) -> Graph {}

#[artifact]
#[artifact]
fn twice() -> Graph {}

fn main() {}
