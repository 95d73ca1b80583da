//! Modules where the names of the standard library mean something else.
#![allow(dead_code, non_camel_case_types, unused_macros, reason = "they are there to be in the way")]

use super::support::cached_smoke;
use project::Graph;

mod std {}
mod core {}
mod cached_smoke_macros {}
mod project_ {}
struct Result;
struct Option;
struct Ok;
struct Err;
struct Some;
struct None;
struct Session;
struct Test;
struct Passed;
struct Returned;
struct Arg;
trait Default {}
trait Fn {}
type str = ();
type u8 = ();
macro_rules! concat {
    () => {};
}
macro_rules! module_path {
    () => {};
}
macro_rules! include_bytes {
    () => {};
}
fn run() {}
fn run_async() {}

#[cached_smoke(repo = "one")]
fn names(graph: &Graph) {
    project::log("shadowed::names");
    assert_eq!(graph.names.len(), 1);
}

#[cached_smoke(repos = ["one"])]
#[tokio::test]
async fn in_a_module(graph: &Graph) -> ::std::result::Result<(), ::std::string::String> {
    project::log("shadowed::in_a_module");
    assert_eq!(graph.names.len(), 1);
    ::std::result::Result::Ok(())
}

mod without_prelude {
    #![no_implicit_prelude]

    #[::cached_smoke::cached_smoke(repo = "one")]
    fn nothing_in_scope(graph: &::project::Graph) -> ::std::process::ExitCode {
        ::project::log("shadowed::without_prelude::nothing_in_scope");
        if graph.names.is_empty() { ::std::process::ExitCode::FAILURE } else { ::std::process::ExitCode::SUCCESS }
    }
}
