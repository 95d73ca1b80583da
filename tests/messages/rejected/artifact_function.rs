#![allow(unused)]

use cached_smoke::artifact;

struct Graph;

#[artifact]
const unsafe extern "C" fn qualifiers() -> Graph { loop {} }

#[artifact]
fn generic<T>() -> Graph { loop {} }

#[artifact]
fn borrows<'a>(graph: &'a Graph) -> Graph { loop {} }

#[artifact]
async fn without_a_runtime() -> Graph { loop {} }

#[artifact]
fn returns_nothing() { loop {} }

#[artifact]
fn returns_a_unit() -> () { loop {} }

#[artifact]
fn returns_a_result_of_nothing() -> Result<(), String> { loop {} }

#[artifact]
fn never_returns() -> ! { loop {} }

#[artifact]
fn returns_some() -> impl Iterator<Item = u8> { loop {} }

#[artifact]
fn returns_anything() -> Vec<_> { loop {} }

#[artifact]
struct NoFunction;

#[artifact]
mod functions {}

impl Graph {
    #[artifact]
    fn method(&self) -> Graph { loop {} }
}

fn main() {}
