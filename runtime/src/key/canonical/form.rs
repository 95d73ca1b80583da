//! A value in both notations, and names and texts in the exact one.

use std::fmt::Display;

use serde::ser;
use serde_json::Value;

/// The message of a `Serialize` that failed.
#[derive(Debug)]
pub(crate) struct Error(String);

impl Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    fn custom<T: Display>(message: T) -> Error {
        Error(message.to_string())
    }
}

/// A value in both notations.
pub(super) struct Form {
    pub(super) plain: Value,
    pub(super) exact: String,
}

impl Form {
    pub(super) fn new(plain: impl Into<Value>, exact: impl Into<String>) -> Form {
        Form { plain: plain.into(), exact: exact.into() }
    }
}

/// Writes a name in the exact notation.
pub(super) fn name(name: &str) -> String {
    let is_identifier = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if is_identifier && !name.is_empty() && name != "Some" { name.to_owned() } else { format!("#{}", quoted(name)) }
}

/// Writes a text in quotes, with the escapes of JSON.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
