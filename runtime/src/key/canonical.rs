//! The canonical text of a configuration: equal values have one text, different values have different texts.
//!
//! The text has two lines, and a third one for a part of a configuration.
//!
//! 1. Plain JSON, for messages and for the [difference](super::difference) between two keys. `Some(5)` is `5`, a
//!    variant is its name, a `NaN` is a string: different values may have the same JSON.
//! 2. The same value in an exact notation. It has a separate form for each call of serde's data model. So it
//!    distinguishes `()` from `None`, `None` from `Some(None)`, `5u8` from `5u64`, a character from a string, a struct
//!    from a map, and a list from a tuple and a set.
//! 3. The [`Part`]. Without it, a key could not distinguish two fields that exchange their values, because it is a set.
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
use serde_json::Value;

use crate::ordered;
use form::{Error, Form};
use serializer::Canonical;

/// The part of a configuration that a canonical text describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part<'a> {
    /// All of it.
    Whole,
    /// A field of an artifact function: `analyzer.k1`. The JSON contains the names of the path.
    Field(&'a str),
    /// A value that an artifact passes to [`KeyBuilder::config`](crate::KeyBuilder::config): the identity of the
    /// artifact, and the number of the call.
    Declared(&'a str),
}

/// Returns the canonical text of `value`.
///
/// # Errors
/// Fails with the message of a `Serialize` that fails.
pub(crate) fn canonical<T: Serialize + ?Sized>(part: Part<'_>, value: &T) -> Result<String, Error> {
    let Form { plain, exact } = value.serialize(Canonical)?;
    Ok(match part {
        Part::Whole => format!("{plain}\n{exact}"),
        Part::Field(path) => format!("{}\n{exact}\n{FIELD}{path}", below(path, plain)),
        Part::Declared(name) => format!("{plain}\n{exact}\n{DECLARED}{name}"),
    })
}

/// Returns a value as that of the field with this path.
fn below(path: &str, value: Value) -> Value {
    let name = |name: &str| name.strip_prefix("r#").unwrap_or(name).to_owned();
    path.rsplit('.').fold(value, |value, field| Value::Object(ordered::collect([(name(field), value)])))
}

/// The beginning of the third line for a [`Part::Field`].
const FIELD: &str = "field ";
/// The beginning of the third line for a [`Part::Declared`].
const DECLARED: &str = "declared ";

/// The lines of a canonical text.
pub(super) struct Text<'a> {
    /// The JSON.
    pub(super) plain: &'a str,
    /// The exact notation. Texts of earlier versions have none.
    pub(super) exact: Option<&'a str>,
    pub(super) part: Part<'a>,
}

impl<'a> Text<'a> {
    pub(super) fn parse(text: &'a str) -> Text<'a> {
        let mut lines = text.splitn(3, '\n');
        let (plain, exact, part) = (lines.next().unwrap_or_default(), lines.next(), lines.next().unwrap_or_default());
        let field = part.strip_prefix(FIELD).map(Part::Field);
        let part = field.or_else(|| part.strip_prefix(DECLARED).map(Part::Declared)).unwrap_or(Part::Whole);
        Text { plain, exact, part }
    }
}

#[cfg(test)]
mod tests;
