#![allow(unused)]

use cached_smoke::{artifact, cached_smoke};

struct Graph;

#[artifact]
#[test]
fn a_test() -> Graph { loop {} }

#[artifact]
#[cached_smoke]
fn a_smoke_test() -> Graph { loop {} }

#[cached_smoke(repo = "django")]
#[artifact]
fn an_artifact(graph: &Graph) -> Graph { loop {} }

#[artifact]
#[artifact]
fn twice() -> Graph { loop {} }

fn main() {}
