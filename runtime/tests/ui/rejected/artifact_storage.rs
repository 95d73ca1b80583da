#![allow(unused)]

use cached_smoke::artifact;
use std::path::Path;

struct Index;

#[artifact(codec = json, load = Index::open, save = Index::write)]
fn two_ways() -> Index {}

#[artifact(save = Index::write)]
fn never_loaded() -> Index {}

#[artifact]
fn never_read(dir: &Path) -> Index {}

#[artifact(load = Index::open)]
fn never_written() -> Index {}

#[artifact(directory)]
fn no_files() -> Index {}

fn main() {}
