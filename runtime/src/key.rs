//! Cache keys: all that an artifact depends on, as named key inputs, and the digest of them all.
//!
//! A key input has one of these names: `repo`, `suite`, `code`, `files`, `config`, `path`, `format`, `codec`,
//! `hermetic`; or, for a
//! declared input, `file`, `directory`, `variable`, `tool`. A name may occur more than once: an artifact with a
//! configuration that depends on another configured artifact has two inputs `config`. Order and repetition do not
//! matter.

mod cache_key;
mod canonical;
mod configuration;
mod difference;
pub(crate) mod fingerprint;
mod identity;
mod input;
mod key_input;
pub(crate) mod repo;
mod resolved;
mod shorten;
pub(crate) mod stamp;
mod summary;

pub(crate) use cache_key::Key;
pub(crate) use canonical::{Part, canonical};
pub(crate) use configuration::configuration;
pub use configuration::tell_apart;
pub use difference::{describe, in_common};
pub(crate) use identity::artifact as artifact_identity;
#[cfg(feature = "rkyv")]
pub(crate) use identity::without_crates;
pub(crate) use input::{Input, SEPARATOR};
pub use key_input::KeyInput;
pub(crate) use resolved::{Checked, Declared, ResolvedKey};
