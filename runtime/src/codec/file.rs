//! The file of a codec, and the errors that name it.

use std::fmt::Display;
use std::fs::{self, File};
use std::path::Path;

use crate::error::{BoxError, Error, Result};

pub(super) const FORCE_REBUILD: &str = "run the test once with `SMOKE_FORCE_REBUILD=all`";

pub(super) fn create(path: &Path) -> Result<File> {
    Ok(File::create(path).map_err(Error::io("create", path))?)
}

/// Reads a whole file. That is faster than a buffered reader: each value is then decoded from a slice.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    Ok(fs::read(path).map_err(Error::io("read", path))?)
}

/// `other` is a codec that may have no such limit.
pub(super) fn cannot_encode<T>(path: &Path, reason: impl Display, other: &str) -> BoxError {
    let name = std::any::type_name::<T>();
    Error::Message(format!(
        "cannot encode `{name}` into {}: {reason}\n\
         help: choose {other}, or implement `cached_smoke::codec::Codec<{name}>`",
        path.display()
    ))
    .into()
}

pub(super) fn cannot_decode<T>(path: &Path, reason: impl Display, help: &str) -> BoxError {
    let name = std::any::type_name::<T>();
    Error::Message(format!("cannot decode `{name}` from {}: {reason}\nhelp: {help}", path.display())).into()
}

/// Returns the help for a file that is intact and does not fit the type.
pub(super) fn make_serde_agree<T>() -> String {
    format!("make `Serialize` and `Deserialize` of `{}` agree, or choose another codec", std::any::type_name::<T>())
}
