//! Every form of `#[artifact]`, by subject, in a project with two repositories. `functions.rs` above this directory
//! makes a project of it.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]

mod arguments;
mod configuration;
mod inputs;
mod mixed;
mod places;
mod returned;
mod same_type;
mod tests;
