#![allow(unused)]

use cached_smoke::artifact;

#[derive(serde::Serialize, serde::Deserialize)]
struct Model(u8);

#[derive(serde::Serialize, serde::Deserialize)]
struct Graph(u8);

#[artifact]
fn small() -> Model {
    Model(1)
}

#[artifact]
fn large() -> Result<Model, std::io::Error> {
    Ok(Model(2))
}

#[artifact]
fn two_functions(model: &Model) -> Graph {
    Graph(model.0)
}

#[artifact]
fn no_name(#[artifact] Model(size): &Model, #[artifact = "small"] model: &Model) -> Graph {
    Graph(*size)
}

#[artifact]
fn another_type(#[artifact(small)] graph: &Graph) -> Graph {
    Graph(graph.0)
}

fn main() {}
