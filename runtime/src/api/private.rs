//! The functions that the macros' expansions call. Users must not call them; semantic versioning does not cover them.

mod argument;
mod function;
mod home;
mod returned;
mod sessions;
mod test;
mod value;

pub use argument::{Arg, ViaArtifact, ViaEach, ViaSession};
pub use cached_smoke_macros::code_fingerprint;
pub use function::{
    Input, IntoValue, OwnedInput, Stage, ValueOf, ViaConfig, ViaContext, ViaOther, ViaOwnSuite, call_load, call_same,
    call_save, declare, declare_codec, declare_field, into_value, load_by, save_by,
};
pub use home::{Home, Names, OfNoSuite, OfSuite, Provided, ViaFunction, ViaSuite};
pub use returned::{Passed, report};
pub use sessions::{AnySuite, Mode, Of, Offers, Sessions};
pub use std::process::ExitCode;
pub use test::{Fixture, Setup, Test};
pub use value::{Value, ViaOwned, ViaScratch};

pub use crate::api::artifact::Definition;
pub use crate::key::fingerprint::Code;
use crate::key::fingerprint::CodeFingerprint;

/// Wraps the code that [`code_fingerprint!`](crate::code_fingerprint) recorded.
pub const fn code(code: Code) -> CodeFingerprint {
    CodeFingerprint::new(code)
}
