//! The public types, and all that works by the types of users: the attribute's support, sessions, requests.
//!
//! An artifact's functions take a context, a context has a session, and a session has artifacts. This is the only
//! circle of modules in the crate.

pub(crate) mod artifact;
pub(crate) mod context;
pub(crate) mod each;
pub(crate) mod key_builder;
pub(crate) mod metrics;
pub(crate) mod private;
pub(crate) mod scratch;
pub(crate) mod session;
#[cfg(feature = "audit")]
pub(crate) mod this_machine;
