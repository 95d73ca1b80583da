#![allow(unused)]

use cached_smoke::artifact;

struct Graph;
struct Index;

#[artifact]
fn changes_an_input(graph: &mut Graph) -> Index {}

#[artifact]
fn some_type(graph: &impl Sized, names: Vec<_>) -> Index {}

#[artifact]
fn conditional(#[cfg(unix)] graph: &Graph) -> Index {}

#[artifact]
fn another_attribute(#[case] limit: &usize) -> Index {}

#[artifact]
fn field_of_no_suite(#[config] limit: &usize) -> Index {}

#[artifact(suite = Smoke)]
fn field_without_a_name(#[config] (first, second): &(u8, u8), #[config = "limit"] limit: &usize) -> Index {}

#[artifact(suite = Smoke)]
fn field_by_value(#[config] limit: usize) -> Index {}

fn main() {}
