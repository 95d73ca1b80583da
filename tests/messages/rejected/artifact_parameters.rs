#![allow(unused)]

use cached_smoke::artifact;

struct Graph;
struct Index;

#[artifact]
fn changes_an_input(graph: &mut Graph) -> Index { loop {} }

#[artifact]
fn some_type(graph: &impl Sized, names: Vec<_>) -> Index { loop {} }

#[artifact]
fn conditional(#[cfg(unix)] graph: &Graph) -> Index { loop {} }

#[artifact]
fn another_attribute(#[case] limit: &usize) -> Index { loop {} }

#[artifact]
fn field_of_no_suite(#[config] limit: &usize) -> Index { loop {} }

#[artifact(suite = Smoke)]
fn field_without_a_name(#[config] (first, second): &(u8, u8), #[config = "limit"] limit: &usize) -> Index { loop {} }

fn main() {}
