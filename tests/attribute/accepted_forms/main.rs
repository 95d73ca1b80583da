//! Every form that `#[cached_smoke]` accepts, by subject. `accepted.rs` beside this directory makes a project of it and
//! of `project_lib.rs`, and runs that with cargo test and with nextest.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]

mod arguments;
mod attributes;
mod by_example;
mod other_crates;
mod parameters;
mod repositories;
mod returns;
mod runtimes;
mod shadowed;
mod support;
