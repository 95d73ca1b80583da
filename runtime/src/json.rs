//! JSON in texts.

use serde::de::DeserializeOwned;

/// Parses a text. As files, it is parsed as bytes: `serde_json` compiles a second parser for `str`.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_slice(text.as_bytes())
}
