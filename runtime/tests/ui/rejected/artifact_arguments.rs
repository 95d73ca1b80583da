#![allow(unused)]

use cached_smoke::artifact;

struct Graph;

#[artifact(sutie = Smoke)]
fn misspelled() -> Graph {}

#[artifact(colour = 3)]
fn unknown() -> Graph {}

#[artifact("graph")]
fn without_a_name() -> Graph {}

#[artifact(graph)]
fn a_word() -> Graph {}

#[artifact(name)]
fn without_a_value() -> Graph {}

#[artifact(writable = true, relocatable = "yes")]
fn flags_with_values() -> Graph {}

#[artifact(codec = json, codec = postcard)]
fn twice() -> Graph {}

#[artifact(name = graph)]
fn a_name_without_quotes() -> Graph {}

#[artifact(suite = "Smoke", codec = "json")]
fn paths_in_quotes() -> Graph {}

#[artifact(key = |key| key.)]
fn malformed() -> Graph {}

#[artifact(name = "graph" suite = Smoke)]
fn without_a_comma() -> Graph {}

#[artifact(name = "a.graph")]
fn an_invalid_name() -> Graph {}

#[artifact]
fn größe() -> Graph {}

fn main() {}
