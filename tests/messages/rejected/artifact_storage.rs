#![allow(unused)]

use cached_smoke::artifact;
use std::path::Path;

struct Index;

#[artifact(codec = json, load = Index::open, save = Index::write)]
fn two_ways() -> Index { loop {} }

#[artifact(save = Index::write)]
fn never_loaded() -> Index { loop {} }

#[artifact]
fn never_read(dir: &Path) -> Index { loop {} }

#[artifact(load = Index::open)]
fn never_written() -> Index { loop {} }

#[artifact(directory)]
fn no_files() -> Index { loop {} }

fn main() {}
