#![allow(unused)]

use cached_smoke::artifact;

struct Graph;

#[artifact]
const unsafe extern "C" fn qualifiers() -> Graph {}

#[artifact]
fn generic<T>() -> Graph {}

#[artifact]
fn borrows<'a>(graph: &'a Graph) -> Graph {}

#[artifact]
async fn without_a_runtime() -> Graph {}

#[artifact]
fn returns_nothing() {}

#[artifact]
fn returns_a_unit() -> () {}

#[artifact]
fn returns_a_result_of_nothing() -> Result<(), String> {}

#[artifact]
fn never_returns() -> ! {}

#[artifact]
fn returns_some() -> impl Iterator<Item = u8> {}

#[artifact]
fn returns_anything() -> Vec<_> {}

#[artifact]
struct NoFunction;

#[artifact]
mod functions {}

impl Graph {
    #[artifact]
    fn method(&self) -> Graph {}
}

fn main() {}
