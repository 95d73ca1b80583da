//! Throw-away repositories, caches, machines and cargo projects for the tests of this workspace.
//!
//! # Which one do I want?
//!
//! | the test is about | take | one process costs |
//! | --- | --- | --- |
//! | one cache, and the processes that share it | [`Sandbox`] | 20 ms |
//! | a cache directory that is full, or of another user | [`SmallDisk`], [`Run::without_privileges`] | 50 ms |
//! | machines that share a remote cache | [`World`] and its [`Machine`]s | 50 ms |
//! | a file system with faults | [`compile_preload`] | a second, once |
//! | cargo, nextest, the macros, or a command over a whole project | [`Project`] | seconds |
//!
//! All of them work in temporary directories that are removed on drop. Their processes get none of the variables that
//! steer the cache, git or a remote cache ([`clean_environment`]), so the environment of the developer does not matter.
//!
//! # Subjects
//!
//! [`Sandbox`] and [`Machine`] start this same test executable again, for one ignored test of its module `subject`:
//!
//! ```no_run
//! use test_support::Sandbox;
//!
//! // mod subject {
//! //     #[cached_smoke(repo = "bookshop")]
//! //     #[ignore = "run by the other tests"]
//! //     fn both(words: &Words, lengths: &Lengths) { … }
//! // }
//!
//! let sandbox = Sandbox::new();
//! sandbox.run("both").passes();
//! assert_eq!(sandbox.take_builds(), ["build lengths", "build words"]);
//! ```
//!
//! [`subject`] has what such a test calls. [`reports!`] declares the trait that reads what its process recorded.
//!
//! # Pitfalls
//!
//! - A test that needs a program which is not installed, or a right that the user does not have, prints a line and
//!   passes. The functions that look for such a program return an [`Option`].
//! - [`Sandbox::run`] starts a new run each time. Processes of one run are [`Sandbox::run_within`].
//! - Permissions do not bind root. Use [`Run::without_privileges`] where they matter.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a harness that cannot go on has failed its test")]

mod directories;
mod environment;
mod files;
mod preload;
mod process;
mod project;
mod reports;
mod sandbox;
pub mod subject;
mod tool;
mod wait;
mod world;

pub use environment::clean_environment;
#[cfg(unix)]
pub use files::{copy_executable, write_executable};
pub use files::{files_below, git, make_pipe, tamper};
pub use preload::{can_trace, compile_preload};
pub use process::{Done, Run, Started, both_streams, json, out, passed, text};
pub use project::{Project, SUITE, TESTS};
pub use sandbox::Sandbox;
#[cfg(target_os = "linux")]
pub use sandbox::SmallDisk;
#[cfg(unix)]
pub use sandbox::{give_to_another_user, is_root};
pub use tool::tool;
pub use wait::wait_until;
pub use world::{Machine, PUBLIC_KEY, SIGNING_KEY, World};
