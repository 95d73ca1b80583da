//! The canonical text of a configuration: equal values have one text, different values have different texts.
//!
//! The text has two lines.
//!
//! 1. Plain JSON, for messages and for the [difference](super::difference) between two keys. `Some(5)` is `5`, a
//!    variant is its name, a `NaN` is a string: different values may have the same JSON.
//! 2. The same value in an exact notation. It has a separate form for each call of serde's data model. So it
//!    distinguishes `()` from `None`, `None` from `Some(None)`, `5u8` from `5u64`, a character from a string, a struct
//!    from a map, and a list from a tuple and a set.
//!
//! # The exact notation
//!
//! | call | text |
//! | --- | --- |
//! | numbers | `5u8`, `-1i128`, `1.2f32`, `-0.0f64`, `NaNf64` |
//! | `bool`, `char`, `str`, `bytes` | `true`, `char"c"`, `"text"`, `bytes"00ff"`; with the escapes of JSON |
//! | unit, none, some | `()`, `None`, `Some(VALUE)` |
//! | unit struct, newtype struct | `Name!`, `Name(VALUE)` |
//! | tuple, tuple struct | `(VALUE,VALUE,)`, `Name(VALUE,)`; `(,)` without elements |
//! | struct | `Name{field:VALUE,}`, sorted by field name |
//! | variants | `Enum::Variant@INDEX`, followed by the content as that of a struct |
//! | sequence | `Vec[VALUE,]`, with the name of the type where serde passes it |
//! | map | `BTreeMap{KEY=>VALUE,}`, with the name of the type likewise; `{=>}` without entries; sorted entries end in `;` |
//!
//! A name that is not an identifier, or is `Some`, is written as `#"name"`.
//!
//! # Order
//!
//! The order of a hash table is arbitrary, so its elements and entries are sorted. Hash tables are the types of the
//! modules `std::collections::hash` and of the crate `hashbrown` only. [`Serializer::collect_seq`] and
//! [`Serializer::collect_map`] receive the type. Every other order is kept, since it may have a meaning: that of a
//! list, of an `IndexSet`, an `IndexMap`, or any type of other crates.
//!
//! `#[serde(flatten)]` and internally tagged enums hide the type of a map from its serializer. There, a hash map and an
//! ordered map look alike. Their entries count as fields of the struct, so they are sorted.
//!
//! # Not distinguished
//!
//! Values for which `Serialize` makes the same calls have the same text: two variants of one untagged enum with equal
//! content, a `PathBuf` and a `String`, a `Box` and its content.
//!
//! [`Serializer::collect_seq`]: serde::Serializer::collect_seq
//! [`Serializer::collect_map`]: serde::Serializer::collect_map

mod compound;
mod form;
mod map;
mod serializer;
mod type_name;

use serde::ser::Serialize;

use form::{Error, Form};
use serializer::Canonical;

/// Returns the canonical text of `value`.
///
/// # Errors
/// Fails with the message of a `Serialize` that fails.
pub(crate) fn canonical<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    value.serialize(Canonical).map(|Form { plain, exact }| format!("{plain}\n{exact}"))
}

/// Splits a canonical text into its JSON and its exact notation. Texts of earlier versions have no exact notation.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once('\n').map_or((text, None), |(plain, exact)| (plain, Some(exact)))
}

#[cfg(test)]
mod tests;
