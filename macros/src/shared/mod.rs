//! Code that both `cached-smoke` and `cached-smoke-macros` compile, because they must agree on it.
//!
//! `runtime/src/shared` is a symbolic link to this directory, `macros/src/shared`. `cargo package` follows the link, so
//! each published crate contains a copy, and users need no third crate.
//!
//! On Windows, git creates the link only with `git config core.symlinks true`. Without it, the compiler cannot find the
//! module `shared` of the runtime. Set the option before you clone, or restore the link by
//! `git checkout -- runtime/src/shared`.
//!
//! The modules depend only on crates that both crates depend on, and on no other module of either.
//!
//! | module | job |
//! | --- | --- |
//! | [`digest`] | digests files, and sequences of values |
//! | [`name`] | checks the names of repositories and artifacts |
//! | [`settings_mark`] | records the settings that tests were compiled with |
//! | [`smoke_toml`] | finds `smoke.toml`, in each of its places |
//! | [`suggestion`] | suggests a known name for a misspelled one |
//! | [`temporary_file`] | recognises temporary files of editors |

pub(crate) mod digest;
pub(crate) mod name;
pub(crate) mod settings_mark;
pub(crate) mod smoke_toml;
pub(crate) mod suggestion;
pub(crate) mod temporary_file;
