#![allow(unused)]

use cached_smoke::artifact;

struct Graph;

#[artifact(sutie = Smoke)]
fn misspelled() -> Graph { loop {} }

#[artifact(colour = 3)]
fn unknown() -> Graph { loop {} }

#[artifact("graph")]
fn without_a_name() -> Graph { loop {} }

#[artifact(graph)]
fn a_word() -> Graph { loop {} }

#[artifact(name)]
fn without_a_value() -> Graph { loop {} }

#[artifact(writable = true, relocatable = "yes")]
fn flags_with_values() -> Graph { loop {} }

#[artifact(codec = json, codec = postcard)]
fn twice() -> Graph { loop {} }

#[artifact(name = graph)]
fn a_name_without_quotes() -> Graph { loop {} }

#[artifact(suite = "Smoke", codec = "json")]
fn paths_in_quotes() -> Graph { loop {} }

#[artifact(key = |key| key.)]
fn malformed() -> Graph { loop {} }

#[artifact(name = "graph" suite = Smoke)]
fn without_a_comma() -> Graph { loop {} }

#[artifact(name = "a.graph")]
fn an_invalid_name() -> Graph { loop {} }

#[artifact]
fn größe() -> Graph { loop {} }

fn main() {}
